"""Kazoo over TLS against `oakmoot zk`: arguments are its address and the directory of the certificates."""

import sys

from kazoo.client import KazooClient
from kazoo.exceptions import NoAuthError
from kazoo.handlers.threading import KazooTimeoutError
from kazoo.retry import KazooRetry
from kazoo.security import make_acl

address, certs = sys.argv[1:]


def client(**settings):
    return KazooClient(hosts=address, timeout=5, connection_retry=KazooRetry(max_tries=2), **settings)


secure = client(use_ssl=True, ca=f"{certs}/ca.pem", certfile=f"{certs}/client.pem", keyfile=f"{certs}/client.key", verify_certs=True)
secure.start()
big = b"x" * 900_000
secure.create("/tls", big, acl=[make_acl("x509", "CN=client,O=moot", all=True)])
assert secure.get("/tls")[0] == big

plain = client()
plain.start()
try:
    plain.get("/tls")
    sys.exit("plaintext has read what belongs to a certificate")
except NoAuthError:
    pass
plain.stop()

nobody = client(use_ssl=True, ca=f"{certs}/ca.pem", verify_certs=True)
try:
    nobody.start(timeout=3)
    sys.exit("a client without a certificate was let in")
except KazooTimeoutError:
    pass
nobody.stop()

secure.delete("/tls")
secure.stop()
print("kazoo over TLS: ok")
