package trace_test

import (
	"encoding/json"
	"regexp"
	"strings"
	"testing"

	"oakmoot/internal/stage/observe"
	"oakmoot/internal/stage/trace"
)

func TestShivizLogIsReadByItsExpressionAndItsClocksGrow(t *testing.T) {
	var log strings.Builder
	if err := trace.Shiviz(&log, quickstart(t)); err != nil {
		t.Fatal(err)
	}
	pattern := regexp.MustCompile(strings.ReplaceAll(trace.ShivizExpression, "(?<", "(?P<"))
	if rest := pattern.ReplaceAllString(log.String(), ""); strings.Trim(rest, "\n") != "" {
		t.Errorf("the expression leaves over %q", rest)
	}
	own := map[string]int{}
	for _, m := range pattern.FindAllStringSubmatch(log.String(), -1) {
		var clock map[string]int
		if err := json.Unmarshal([]byte(m[3]), &clock); err != nil {
			t.Fatal(err)
		}
		if own[m[2]]++; clock[m[2]] != own[m[2]] {
			t.Fatalf("event %d of %s has the clock %v", own[m[2]], m[2], clock)
		}
		for host, n := range clock {
			if n > own[host] {
				t.Fatalf("%s knows %d events of %s, of which there are %d so far", m[2], n, host, own[host])
			}
		}
	}
	if own[observe.ZooKeeperItself] == 0 {
		t.Error("ZooKeeper is no host")
	}
}

func TestShivizDrawsAnExpiryFromZooKeeperAlone(t *testing.T) {
	var log strings.Builder
	steps := []trace.Step{
		{Node: "a", Protocol: observe.Session, Verb: "open session", Op: observe.OpOpenSession},
		{Node: "a", Protocol: observe.Supervision, Verb: "is killed"},
		{Node: "a", Protocol: observe.Session, Verb: observe.SessionExpired, Op: observe.OpCloseSession, Expired: true},
	}
	if err := trace.Shiviz(&log, steps); err != nil {
		t.Fatal(err)
	}
	const want = `open session
a {"a":1}
open session
ZooKeeper {"ZooKeeper":1,"a":1}
is killed
a {"a":2}
session expired
ZooKeeper {"ZooKeeper":2,"a":1}
`
	if log.String() != want {
		t.Errorf("got\n%swant\n%s", &log, want)
	}
}
