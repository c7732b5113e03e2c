#!/usr/bin/env bash
# Runs the quickstart as a process and lets a foreign client, Kazoo from PyPI, check
# that every documented znode is there while it runs. Needs Go and Python 3.
set -euo pipefail
cd "$(dirname "$0")/.."
work=$(mktemp -d)
pid=
cleanup() {
	if [ -n "$pid" ] && kill -0 "$pid" 2>/dev/null; then kill -INT "$pid"; wait "$pid" || true; fi
	rm -rf "$work"
}
trap cleanup EXIT

venv=${OAKMOOT_VENV:-${XDG_CACHE_HOME:-$HOME/.cache}/oakmoot/kazoo-venv}
if ! "$venv/bin/python" -c 'import kazoo' 2>/dev/null; then
	python3 -m venv "$venv"
	"$venv/bin/pip" install --quiet 'kazoo==2.11.0'
fi

go build -o "$work/oakmoot" .
"$work/oakmoot" up --listen 127.0.0.1:0 --addr-file "$work/addresses.json" --log-level warn 2>"$work/log" &
pid=$!
for _ in $(seq 300); do
	grep -q '^oakmoot is ready' "$work/log" && break
	if ! kill -0 "$pid" 2>/dev/null; then cat "$work/log"; exit 1; fi
	sleep 0.1
done
if ! "$venv/bin/python" interop/kazoo_check.py "$work/addresses.json" "$work/oakmoot"; then
	cat "$work/log"
	exit 1
fi
