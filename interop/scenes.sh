#!/usr/bin/env bash
# Runs the examples that end by themselves, each as a process of its own, three at a time, and looks at
# its exit code. What a run said is shown where it failed.
#   interop/scenes.sh [FILE…]
set -euo pipefail
cd "$(dirname "$0")/.."
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
CGO_ENABLED=0 go build -o "$dir/oakmoot" .

files=("$@")
if [ ${#files[@]} = 0 ]; then
	# scale.toml takes minutes; its test runs it with fewer segments.
	mapfile -t files < <(grep -l '^end = "settled"' examples/*.toml | grep -v /scale.toml)
fi

# scene FILE runs one example, for two minutes at most.
scene() {
	local name status=0 began=$SECONDS
	name=$(basename "$1" .toml)
	timeout -k 10 120 "$dir/oakmoot" up --listen 127.0.0.1:0 --log-level warn "$1" >"$dir/$name.out" 2>&1 || status=$?
	if [ "$status" = 0 ]; then
		echo "ok    $name  $((SECONDS - began)) s"
		return 0
	fi
	echo "FAIL  $name  exit code $status after $((SECONDS - began)) s"
	sed 's/^/      /' "$dir/$name.out"
	return 1
}
export dir
export -f scene
printf '%s\0' "${files[@]}" | xargs -0 -n 1 -P 3 bash -c 'scene "$0"'
