# The head of the scripts that have Kazoo from PyPI check a running oakmoot; they
# source it. It leaves the script in the repository's root, with a directory $work
# that is removed at the end, and Kazoo for $venv/bin/python.
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

# serve "READY" ARGUMENTS... builds oakmoot and runs it with the arguments until the
# script ends, its log in $work/log. It returns once the log says READY.
serve() {
	local ready=$1
	shift
	go build -o "$work/oakmoot" .
	"$work/oakmoot" "$@" --listen 127.0.0.1:0 --log-level warn 2>"$work/log" &
	pid=$!
	for _ in $(seq 300); do
		grep -q "^$ready" "$work/log" && break
		if ! kill -0 "$pid" 2>/dev/null; then cat "$work/log"; exit 1; fi
		sleep 0.1
	done
}
