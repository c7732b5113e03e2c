#!/usr/bin/env bash
# Other people's client suites against "oakmoot zk": Kazoo, go-zookeeper, Apache ZooKeeper's own client tests and
# Curator, 656 tests that Apache ZooKeeper 3.9.5 passes. All of them must pass.
# Tests that race with themselves, whatever the server does, are in conformance-races.txt.
# usage: [SUITES="kazoo gozk zkjava curator"] [SHARDS=n] interop/conformance.sh [HARNESS]
# HARNESS is the folder with the harness, ../shared/real/conformance by default. Needs Java 17, Maven, Python 3.
set -euo pipefail
cd "$(dirname "$0")/.."
harness=${1:-../shared/real/conformance}
if [ ! -f "$harness/run-all.sh" ]; then
	echo "conformance: there is no harness at $harness"
	[ -z "${CI:-}" ] # a skip is a failure there
	exit
fi

# The harness compiles and keeps its work in its own folder: copy it to a place of its own, one per version.
version=$(cd "$harness" && find . -type f | sort | xargs cat | sha256sum | cut -c1-16)
cache=${XDG_CACHE_HOME:-$HOME/.cache}/oakmoot/conformance-$version
if [ ! -f "$cache/ready" ]; then
	rm -rf "$cache"
	mkdir -p "$cache"
	cp -R "$harness" "$cache/harness"
	chmod -R u+w "$cache/harness"
	(cd "$cache/harness" && BASELINE=0 ./setup.sh) >"$cache/setup.log" 2>&1 || { tail -40 "$cache/setup.log"; exit 1; }
	touch "$cache/ready"
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
go build -o "$work/oakmoot" .
export SUITES=${SUITES:-kazoo gozk zkjava curator} OAKMOOT="$work/oakmoot" ZKC_WORK="$cache/work"
results="$cache/results/${SUITES// /-}"
start="$PWD/interop/conformance-start.sh {port} {datadir}"
status=0
OUT="$results" SHARDS=${SHARDS:-4} "$cache/harness/run-all.sh" "$start" || status=$?
cat "$results"/failed.*.txt

# Retry the tests that are known to race with themselves, if nothing else has failed and every suite finished.
sed -n 's/^FAIL \([^ ]*\).*/\1/p' "$results"/failed.*.txt | sort -u >"$work/failed"
sed 's/#  *.*//; /^#/d; /^$/d' interop/conformance-races.txt | sort -u >"$work/races"
if [ -s "$work/failed" ] && ! grep -q error "$results"/summary.*.txt && [ -z "$(comm -23 "$work/failed" "$work/races")" ]; then
	status=0
	while read -r test; do
		case $test in org.apache.zookeeper.*) suite=zkjava ;; *) suite=curator ;; esac
		echo "$test" >"$work/test"
		tries=0
		until RETRY=0 SHARDS=1 LIST="$work/test" START_CMD="$start" "$cache/harness/$suite/run.sh" "127.0.0.1:${PORT_BASE:-22000}"; do
			tries=$((tries + 1))
			[ "$tries" -lt 5 ] || { status=1; break; }
		done </dev/null
	done <"$work/failed"
fi
grep -h 'on retry' "$results"/*.given.txt || true # passed the second time, alone: worth a look
exit $status
