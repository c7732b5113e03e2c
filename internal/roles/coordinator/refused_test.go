package coordinator

import (
	"os"
	"testing"

	"oakmoot/internal/worldtest"
)

var refusedDifferences = worldtest.Differences{
	`[{"type":"loadByInterval"}]`:                 ruleWithout,
	`[{"type":"loadByInterval","interval":null}]`: ruleWithout,
	`[{"type":"loadByPeriod"}]`:                   ruleWithout,
	`[{"type":"loadByPeriod","period":null}]`:     ruleWithout,
	`[{"type":"dropByInterval"}]`:                 ruleWithout,
	`[{"type":"dropByPeriod"}]`:                   ruleWithout,
	`[{"type":"dropBeforeByPeriod"}]`:             ruleWithout,
	`[{"type":"broadcastByInterval"}]`:            ruleWithout,
	`[{"type":"broadcastByPeriod"}]`:              ruleWithout,
	`POST /rules/w [null]`:                        ruleWithout,
}

const ruleWithout = "0.14.0 takes the rule, and its duties end with a NullPointerException, run after run"

// TestRefusalsAndMissingThingsAreAnsweredAsInDruid sends the requests in testdata/refused.txt to a leader that serves
// nothing, and compares its answers with those of a real one.
func TestRefusalsAndMissingThingsAreAnsweredAsInDruid(t *testing.T) {
	script, err := os.ReadFile("testdata/refused.txt")
	if err != nil {
		t.Fatal(err)
	}
	inWorld(t, func(t *testing.T, w *world) {
		w.still()
		in := w.start(8081)
		w.leads(in)
		worldtest.SameAnswers(t, string(script), refusedDifferences, func(method, path, body string) (int, string) {
			return w.Call(method, in.addr+root+path, body)
		})
	})
}
