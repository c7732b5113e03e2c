package cluster

import (
	"slices"
	"testing"

	"oakmoot/internal/stage/observe"
	"oakmoot/internal/stage/scenario"
)

func TestWhoseDoingAFaultIs(t *testing.T) {
	for do, want := range map[string]string{
		`submit json {"type":"noop"}`: observe.Outside,
		"publish wiki segments 3":     observe.Outside,
		"zk_down for 2s":              observe.ZooKeeperItself,
		"kill historical":             "historical-1",
	} {
		a, err := scenario.ParseAction(do)
		if err != nil {
			t.Fatal(err)
		}
		f := Fault{Do: do}
		if want == "historical-1" {
			f.Nodes = []string{want}
		}
		if got := (&damage{told: newTold()}).begin(f, a, cause{}).actors(); !slices.Equal(got, []string{want}) {
			t.Errorf("%s is the doing of %v, want %s", do, got, want)
		}
	}
}
