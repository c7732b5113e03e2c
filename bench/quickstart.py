#!/usr/bin/env python3
"""Measures the quickstart as a process and prints a table. Needs Go and Python 3.

usage: bench/quickstart.py [ROUNDS]      (3 rounds unless told otherwise; the median is shown)
"""
import json
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.parse
import urllib.request

ROUNDS = int(sys.argv[1]) if len(sys.argv) > 1 else 3
IDLE = 20  # seconds over which the idle process is watched
TICK = os.sysconf("SC_CLK_TCK")


def request(control, path, body=None):
    data = None if body is None else json.dumps(body).encode()
    req = urllib.request.Request(f"http://{control}{path}", data, {"Content-Type": "application/json"})
    with urllib.request.urlopen(req, timeout=60) as answer:
        return json.loads(answer.read() or "null")


def until(control, condition):
    query = urllib.parse.urlencode({"expr": condition, "timeout": "60s"})
    request(control, f"/api/wait?{query}")


def cpu_seconds(pid):
    with open(f"/proc/{pid}/stat") as f:
        fields = f.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICK


def rss_mb(pid):
    with open(f"/proc/{pid}/status") as f:
        for line in f:
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) / 1024


def rows_of(control, datasource):
    query = {"queryType": "timeseries", "dataSource": datasource, "intervals": ["2000-01-01/2030-01-01"], "granularity": "all",
             "aggregations": [{"type": "count", "name": "rows"}]}
    answer = request(control, "/druid/v2", query)
    return answer[0]["result"]["rows"] if answer else 0


def warm_task(control, n):
    """Submits an index task of its own datasource; returns seconds to SUCCESS and from there to the first row answered."""
    name = f"warm{n}"
    rows = "\n".join(json.dumps({"t": f"2020-01-01T00:00:{i:02d}Z", "d": str(i)}) for i in range(60))
    spec = {"dataSchema": {"dataSource": name, "metricsSpec": [{"type": "count", "name": "count"}],
                           "parser": {"type": "string", "parseSpec": {"format": "json", "timestampSpec": {"column": "t", "format": "iso"},
                                                                      "dimensionsSpec": {"dimensions": ["d"]}}},
                           "granularitySpec": {"type": "uniform", "segmentGranularity": "DAY", "intervals": ["2020-01-01/2020-01-02"]}},
            "ioConfig": {"type": "index", "firehose": {"type": "inline", "data": rows}}}
    start = time.monotonic()
    task = request(control, "/druid/indexer/v1/task", {"type": "index", "spec": spec})["task"]
    while True:
        status = request(control, f"/druid/indexer/v1/task/{task}/status")["status"]["status"]
        if status != "RUNNING":
            break
        time.sleep(0.005)
    if status != "SUCCESS":
        raise SystemExit(f"{task}: {status}")
    success = time.monotonic()
    while rows_of(control, name) == 0:
        time.sleep(0.01)
    return success - start, time.monotonic() - success


def round_of(binary, work, first):
    addresses, log = os.path.join(work, "addresses.json"), os.path.join(work, "log")
    with open(log, "w") as err:
        start = time.monotonic()
        proc = subprocess.Popen([binary, "up", "--listen", "127.0.0.1:0", "--addr-file", addresses, "--log-level", "off"], stderr=err)
    while True:
        with open(log) as f:
            if "oakmoot is ready" in f.read():
                break
        if proc.poll() is not None:
            raise SystemExit(f"oakmoot ended with {proc.returncode}")
        time.sleep(0.002)
    figures = {"ready": time.monotonic() - start}
    with open(addresses) as f:
        control = json.load(f)["control"]
    until(control, "used(flights) == 3 and replicas(flights) == 6")
    figures["served"] = time.monotonic() - start
    warm_task(control, 0)
    figures["task"], figures["queryable"] = warm_task(control, 1)
    if first:
        before = cpu_seconds(proc.pid)
        time.sleep(IDLE)
        figures["idle"] = 100 * (cpu_seconds(proc.pid) - before) / IDLE
    figures["rss"] = rss_mb(proc.pid)
    stop = time.monotonic()
    proc.send_signal(signal.SIGINT)
    proc.wait()
    figures["exit"] = time.monotonic() - stop
    return figures


def main():
    os.chdir(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    with tempfile.TemporaryDirectory() as work:
        binary = os.path.join(work, "oakmoot")
        subprocess.run(["go", "build", "-ldflags=-s -w", "-o", binary, "."], check=True, env={**os.environ, "CGO_ENABLED": "0"})
        rounds = [round_of(binary, work, i == 0) for i in range(ROUNDS)]
        median = {k: statistics.median(r[k] for r in rounds if k in r) for k in rounds[0]}
        rows = [
            ("start to ready", f"{median['ready']:.2f} s", "0.5 s", "–"),
            ("start to all quickstart segments served twice", f"{median['served']:.2f} s", "3 s", "29 s"),
            ("warm index task, submit to SUCCESS", f"{median['task']:.2f} s", "0.5 s", "6.4 s"),
            ("SUCCESS to queryable", f"{median['queryable']:.2f} s", "one coordinator period, 1 s", "2.7 s"),
            (f"idle, one core, over {IDLE} s, the stream at 20 rows/s included", f"{median['idle']:.1f} %", "2 %", "–"),
            ("resident memory", f"{median['rss']:.0f} MB", "100 MB", "860 MiB in six processes"),
            ("Ctrl-C to exit", f"{median['exit']:.2f} s", "1 s", "–"),
            ("binary, stripped", f"{os.path.getsize(binary) / 1e6:.0f} MB", "40 MB", "–"),
        ]
        print("| what | oakmoot | wanted | real Druid 0.14 |\n|---|---|---|---|")
        for row in rows:
            print("| " + " | ".join(row) + " |")


main()
