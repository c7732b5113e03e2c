#!/usr/bin/env bash
# Runs `oakmoot zk` with certificates and has Kazoo connect over TLS: with a
# certificate of its own, which is its identity, and without one, which is refused.
# Needs Go, openssl and Python 3.
. "$(dirname "$0")/kazoo_head.sh"

openssl req -x509 -newkey rsa:2048 -nodes -days 1 -subj /CN=authority -keyout "$work/ca.key" -out "$work/ca.pem" 2>/dev/null
for name in server client; do
	openssl req -newkey rsa:2048 -nodes -subj "/O=moot/CN=$name" -keyout "$work/$name.key" -out "$work/$name.csr" 2>/dev/null
	openssl x509 -req -in "$work/$name.csr" -CA "$work/ca.pem" -CAkey "$work/ca.key" -CAcreateserial -days 1 \
		-extfile <(echo subjectAltName=IP:127.0.0.1) -out "$work/$name.pem" 2>/dev/null
done

serve 'zookeeper is ready' zk --addr-file "$work/address" \
	--tls-cert "$work/server.pem" --tls-key "$work/server.key" --tls-ca "$work/ca.pem"
"$venv/bin/python" interop/kazoo_tls_check.py "$(cat "$work/address")" "$work"
