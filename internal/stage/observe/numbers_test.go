package observe

import (
	"testing"

	"oakmoot/internal/stage/scenario"
)

func TestEveryFunctionIsComputed(t *testing.T) {
	for _, f := range scenario.Functions {
		elsewhere := f.Reads == scenario.FromBroker || f.Name == "failover" // a broker's answer; no whole number
		if (numbers[f.Name] != nil) == elsewhere {
			t.Errorf("%s is computed: %v", f.Name, numbers[f.Name] != nil)
		}
	}
	for name := range numbers {
		if _, known := scenario.FindFunction(name); !known {
			t.Errorf("%s is computed and is no function", name)
		}
	}
}

func TestEveryTriggerIsWatchedFor(t *testing.T) {
	for _, source := range scenario.Triggers {
		if (watches[source.Name] != nil) == (source.Name == "step") { // who plays the steps knows when they are done
			t.Errorf("%s is watched for: %v", source.Name, watches[source.Name] != nil)
		}
	}
}
