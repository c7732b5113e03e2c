#!/usr/bin/env bash
# Other people's client suites against "oakmoot zk": Kazoo, go-zookeeper, Apache ZooKeeper's own client tests and
# Curator, 656 tests that Apache ZooKeeper 3.9.5 passes. All of them have to pass.
# usage: [SUITES="kazoo gozk zkjava curator"] [SHARDS=n] interop/conformance.sh [HARNESS]
# HARNESS is the folder with the harness, ../shared/real/conformance if not said. Needs Java 17, Maven, Python 3.
set -euo pipefail
cd "$(dirname "$0")/.."
harness=${1:-../shared/real/conformance}
if [ ! -f "$harness/run-all.sh" ]; then
	echo "conformance: there is no harness at $harness"
	[ -z "${CI:-}" ] # a skip is a failure there
	exit
fi

# The harness compiles and keeps its work where it lies: give it a place of its own, one for each version of it.
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
status=0
OAKMOOT="$work/oakmoot" OUT="$cache/results" ZKC_WORK="$cache/work" SHARDS=${SHARDS:-4} \
	"$cache/harness/run-all.sh" "$PWD/interop/conformance-start.sh {port} {datadir}" || status=$?
cat "$cache/results"/failed.*.txt
grep -h 'on retry' "$cache/results"/*.given.txt || true # passed the second time, alone: worth a look
exit $status
