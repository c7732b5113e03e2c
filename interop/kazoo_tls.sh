#!/usr/bin/env bash
# Runs `oakmoot zk` with certificates and lets Kazoo speak TLS to it: with a
# certificate of its own, which is its identity, and without one, which is refused.
# Needs Go, openssl and Python 3.
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

openssl req -x509 -newkey rsa:2048 -nodes -days 1 -subj /CN=authority -keyout "$work/ca.key" -out "$work/ca.pem" 2>/dev/null
for name in server client; do
	openssl req -newkey rsa:2048 -nodes -subj "/O=moot/CN=$name" -keyout "$work/$name.key" -out "$work/$name.csr" 2>/dev/null
	openssl x509 -req -in "$work/$name.csr" -CA "$work/ca.pem" -CAkey "$work/ca.key" -CAcreateserial -days 1 \
		-extfile <(echo subjectAltName=IP:127.0.0.1) -out "$work/$name.pem" 2>/dev/null
done

go build -o "$work/oakmoot" .
"$work/oakmoot" zk --listen 127.0.0.1:0 --addr-file "$work/address" --log-level warn \
	--tls-cert "$work/server.pem" --tls-key "$work/server.key" --tls-ca "$work/ca.pem" 2>"$work/log" &
pid=$!
for _ in $(seq 300); do
	grep -q '^zookeeper is ready' "$work/log" && break
	if ! kill -0 "$pid" 2>/dev/null; then cat "$work/log"; exit 1; fi
	sleep 0.1
done
"$venv/bin/python" interop/kazoo_tls_check.py "$(cat "$work/address")" "$work"
