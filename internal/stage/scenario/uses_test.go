package scenario_test

import (
	"testing"

	"oakmoot/internal/stage/scenario"
)

func TestEachVerbHasAnExampleThatCanBeRead(t *testing.T) {
	for _, v := range scenario.Verbs {
		if v.Aims() == "" {
			t.Errorf("%s has no row of uses", v.Name)
			continue
		}
		action, err := scenario.ParseAction(v.Example())
		if err != nil || action.Verb.Name != v.Name {
			t.Errorf("%s: got %v for %q, want the verb itself", v.Name, err, v.Example())
		}
	}
}
