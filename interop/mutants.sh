#!/usr/bin/env bash
# Plants one bug after the other, by its build tag, and has the invariant that it breaks,
# and no other, notice it. Without arguments all of them.
set -euo pipefail
cd "$(dirname "$0")/.."
export CGO_ENABLED=0
names=${*:-one-leader announcements-end replicas load-queue-ends one-worker one-final-status disk broker-view rows-once zk-history}
status=0
for name in $names; do
	if out=$(OAKMOOT_PLANTED_BUG=$name go test -count=1 -timeout 2m -tags "mutant_${name//-/_}" ./cluster -run '^TestEveryInvariantIsPutToTheTest$' 2>&1); then
		echo "noticed  $name"
	else
		status=1
		echo "NOT noticed as it should be: $name"
		grep -vE '^(goroutine|	|$)' <<<"$out" | head -60
	fi
done
exit $status
