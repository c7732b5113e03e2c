"""Checks the znodes of a running quickstart with Kazoo, a client of other people.

usage: kazoo_check.py ADDRESS_FILE OAKMOOT_BINARY
"""
import gzip
import json
import subprocess
import sys
import time
import urllib.request

from kazoo.client import KazooClient
from kazoo.exceptions import NoNodeError

PATIENCE = 30  # seconds that a state may take to come about


class Checks:
    def __init__(self):
        self.passed = self.failed = 0

    def that(self, what, holds, seen=""):
        if holds:
            self.passed += 1
        else:
            self.failed += 1
        print(("ok    " if holds else "FAIL  ") + what + ("" if holds else f"  -- saw {seen!r}"))


def eventually(read):
    """Calls read until it answers something true, for PATIENCE seconds at most."""
    deadline = time.monotonic() + PATIENCE
    while True:
        value = read()
        if value or time.monotonic() > deadline:
            return value
        time.sleep(0.02)


def unzipped(data):
    return gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data


class Cluster:
    def __init__(self, addresses):
        self.base = addresses["base"]
        self.control = addresses["control"]
        self.hosts = {}
        for node in addresses["nodes"]:
            self.hosts.setdefault(node["kind"], []).append(node["host"])
        self.zk = KazooClient(hosts=addresses["zookeeper"])
        self.zk.start()

    def children(self, *path):
        try:
            return self.zk.get_children("/".join((self.base,) + path))
        except NoNodeError:
            return []

    def get(self, *path):
        try:
            data, stat = self.zk.get("/".join((self.base,) + path))
        except NoNodeError:
            return None, None
        return unzipped(data), stat

    def json(self, *path):
        data, _ = self.get(*path)
        return json.loads(data) if data else None

    def batch_segments(self, host):
        ids = set()
        for node in self.children("segments", host):
            for segment in self.json("segments", host, node) or []:
                ids.add(segment["identifier"])
        return ids

    def request(self, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        req = urllib.request.Request(f"http://{self.control}{path}", data, {"Content-Type": "application/json"})
        with urllib.request.urlopen(req, timeout=10) as answer:
            return json.loads(answer.read() or "null")


def check_elections(c, check):
    for kind, latch in (("coordinator", ("coordinator", "_COORDINATOR")), ("overlord", ("overlord", "_OVERLORD"))):
        members = eventually(lambda: len(c.children(*latch)) == 2 and c.children(*latch)) or []
        check.that(f"both {kind}s have a latch node", len(members) == 2, c.children(*latch))
        payloads = set()
        for member in members:
            check.that(f"{kind} latch is protected and sequential", member.startswith("_c_") and "-latch-" in member, member)
            data, stat = c.get(*latch, member)
            payloads.add(data.decode())
            check.that(f"{kind} latch is ephemeral", stat.ephemeralOwner != 0)
        check.that(f"{kind} latch payloads are the nodes' URIs", payloads == {"http://" + h for h in c.hosts[kind]}, payloads)


def check_announcements(c, check):
    for host in c.hosts["historical"]:
        data, stat = eventually(lambda: c.get("announcements", host)[0] and c.get("announcements", host)) or (None, None)
        meta = json.loads(data) if data else {}
        check.that("historical announces itself", meta.get("name") == host and meta.get("type") == "historical", meta)
        check.that("its announcement is ephemeral", stat is not None and stat.ephemeralOwner != 0)
        for path in ("servedSegments", "loadQueue", "segments"):
            _, stat = c.get(path, host)
            check.that(f"{path}/{host} is permanent", stat is not None and stat.ephemeralOwner == 0, stat)
        check.that("historical is in internal-discovery", host in c.children("internal-discovery", "HISTORICAL"))
    for host in c.hosts["middlemanager"]:
        worker = c.json("indexer", "announcements", host) or {}
        check.that("middlemanager announces a worker", worker.get("host") == host and worker.get("version") == "0", worker)
        check.that("its tasks directory tells when it was made", "created" in (c.json("indexer", "tasks", host) or {}))


def check_segments(c, check):
    def served():
        per_host = [c.batch_segments(h) for h in c.hosts["historical"]]
        return per_host if all(per_host) and per_host[0] == per_host[1] else None

    def settled():
        status = c.request("/api/status")
        return status["used"].get("flights", 0) > 0 and status["used"]["flights"] == status["served"].get("flights")

    check.that("all used segments are served", eventually(settled), c.request("/api/status")["served"])
    check.that("two replicas: both historicals announce the same segments", eventually(served) is not None)
    for host in c.hosts["historical"]:
        batch, documented = c.batch_segments(host), set(c.children("servedSegments", host))
        check.that("both announced forms agree", batch == documented, (len(batch), len(documented)))


def check_queue_and_tasks(c, check):
    seen = {"queue": set(), "task": set(), "status": set()}
    historicals, workers = c.hosts["historical"], c.hosts["middlemanager"]
    for host in historicals:
        c.zk.ChildrenWatch(f"{c.base}/loadQueue/{host}", lambda names: seen["queue"].update(names))
    for host in workers:
        c.zk.ChildrenWatch(f"{c.base}/indexer/tasks/{host}", lambda names: seen["task"].update(names))
        c.zk.ChildrenWatch(f"{c.base}/indexer/status/{host}", lambda names: seen["status"].update(names))
    # An assignment is taken within milliseconds: nobody may take it before it has been seen.
    c.request("/api/fault", {"do": "pause middlemanager for 5s"})
    task = c.request("/druid/indexer/v1/task", {"type": "noop", "runTime": 300})["task"]
    check.that("its assignment node was seen", eventually(lambda: task in seen["task"]), seen["task"])
    c.request("/api/fault", {"do": "heal middlemanager"})

    def succeeded():
        return c.request(f"/druid/indexer/v1/task/{task}/status")["status"]["status"] == "SUCCESS"

    check.that("a noop task succeeds", eventually(succeeded))
    check.that("its status node was seen", task in seen["status"], seen["status"])
    gone = eventually(lambda: not any(task in c.children("indexer", d, w) for d in ("tasks", "status") for w in workers))
    check.that("its nodes are gone", gone)
    c.request("/druid/coordinator/v1/rules/flights", [{"type": "loadForever", "tieredReplicants": {"_default_tier": 1}}])
    check.that("queue nodes come", eventually(lambda: len(seen["queue"]) > 0), seen["queue"])
    one_each = eventually(lambda: not set.intersection(*[c.batch_segments(h) for h in historicals]))
    check.that("with one replica asked for, no segment is served twice", one_each)
    check.that("queue nodes go", eventually(lambda: not any(c.children("loadQueue", h) for h in historicals)))


def check_failover(c, check, binary):
    def leader(api):
        try:
            with urllib.request.urlopen(f"http://{c.control}/druid/{api}/v1/leader", timeout=10) as answer:
                return answer.read().decode()
        except OSError:
            return ""

    task = c.request("/druid/indexer/v1/task", {"type": "noop", "runTime": 20000})["task"]
    running = eventually(lambda: any(task in c.children("indexer", "status", w) for w in c.hosts["middlemanager"]))
    check.that("a long task runs", running)
    c.request("/druid/coordinator/v1/rules/flights", [{"type": "loadForever", "tieredReplicants": {"_default_tier": 2}}])
    before = {"coordinator": leader("coordinator"), "indexer": leader("indexer")}
    for kind in ("coordinator", "overlord"):
        subprocess.run([binary, "fault", "--control", c.control, f"kill {kind}@leader"], check=True)

    global PATIENCE
    PATIENCE = 90  # the killed leaders' sessions have to time out first
    for api, old in before.items():
        moved = eventually(lambda: leader(api) not in ("", old))
        check.that(f"after a kill of the leader of {api} another one leads", moved, old)
    check.that("loads that were under way end well", eventually(
        lambda: c.batch_segments(c.hosts["historical"][0]) == c.batch_segments(c.hosts["historical"][1])))

    def succeeded():
        try:
            return c.request(f"/druid/indexer/v1/task/{task}/status")["status"]["status"] == "SUCCESS"
        except OSError:
            return False

    check.that("the task that was running ends well under the new overlord", eventually(succeeded))


def main():
    with open(sys.argv[1]) as f:
        cluster = Cluster(json.load(f))
    check = Checks()
    check_elections(cluster, check)
    check_announcements(cluster, check)
    check_segments(cluster, check)
    check_queue_and_tasks(cluster, check)
    check_failover(cluster, check, sys.argv[2])
    cluster.zk.stop()
    print(f"{check.passed} passed, {check.failed} failed")
    sys.exit(1 if check.failed else 0)


main()
