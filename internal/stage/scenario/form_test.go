package scenario_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"oakmoot/internal/stage/scenario"
)

func TestFormsMeanWhatTheirTextMeans(t *testing.T) {
	for text, form := range map[string]scenario.Form{
		"heal":                            {Do: "heal"},
		"kill coordinator@leader for 20s": {Do: "kill", Target: "coordinator@leader", Keys: map[string]string{"for": "20s"}},
		"pause broker":                    {Do: " pause\tbroker "},
		"delay broker from historical by 0s jitter 5ms": {Do: "delay", Between: []string{"broker", "historical"}, Keys: map[string]string{"by": "0s", "jitter": "5ms"}},
		"partition hot-1 from zookeeper direction from for 1.5x session_timeout": {
			Do: "partition direction from", Between: []string{"hot-1", "zookeeper"}, Keys: map[string]string{"for": "1.5x session_timeout"},
		},
	} {
		action, mistakes := form.Read(universe)
		if len(mistakes) > 0 {
			t.Errorf("%s: %v", text, mistakes)
		}
		if action.String() != text {
			t.Errorf("got %q, want %q", action, text)
		}
	}
}

func TestMistakesInFormsHaveTheirKey(t *testing.T) {
	for _, tt := range []struct {
		form scenario.Form
		want scenario.FormMistake
	}{
		{scenario.Form{Do: "kill broker for 1s", Keys: map[string]string{"for": "1x session_timeout"}},
			scenario.FormMistake{Key: "for", Index: -1, Extra: true, Message: `do has a "for" of its own: "kill broker for 1s"`}},
		{scenario.Form{Do: "kill", Target: "brokr"},
			scenario.FormMistake{Key: "target", Index: -1, Column: 1, Message: `unknown kind or node "brokr"; did you mean "broker"?`}},
		{scenario.Form{Do: "partition", Between: []string{"hot-1", "broker, hot-9"}},
			scenario.FormMistake{Key: "between", Index: 1, Column: 9, Message: `unknown kind or node "hot-9"; did you mean "hot-1"?`}},
		{scenario.Form{Do: "partition hot-1 from broker, hot-9"},
			scenario.FormMistake{Key: "do", Index: -1, Column: 30, Message: `unknown kind or node "hot-9"; did you mean "hot-1"?`}},
		{scenario.Form{Do: "kill broker 2s"},
			scenario.FormMistake{Key: "do", Index: -1, Column: 6, Message: `"broker 2s" is not a selector: selectors are separated by commas`}},
	} {
		_, mistakes := tt.form.Read(universe)
		if diff := cmp.Diff([]scenario.FormMistake{tt.want}, mistakes); diff != "" {
			t.Errorf("%+v: -want +got:\n%s", tt.form, diff)
		}
	}
}
