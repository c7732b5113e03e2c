package cluster

import (
	"strings"
	"testing"
	"time"

	"oakmoot/internal/stage/kinds"
	"oakmoot/internal/stage/playbook"
	"oakmoot/topology"
)

// TestStepsMeanTheSameInBothForms writes each step with keys and in one string.
func TestStepsMeanTheSameInBothForms(t *testing.T) {
	const roles = `
		[[role]]
		kind = "coordinator"
		count = 2
		[[role]]
		kind = "historical"
		count = 2
		[[step]]
		at = "1s"
		`
	for text, keys := range map[string]string{
		"kill coordinator@leader for 1.5x session_timeout":               `do = "kill"; target = "coordinator@leader"; for = "1.5x session_timeout"`,
		"partition historical from zookeeper direction from for 3s":      `do = "partition"; between = ["historical", "zookeeper"]; direction = "from"; for = "3s"`,
		"delay historical-1 from zookeeper by 20ms jitter 5ms":           `do = "delay"; between = ["historical-1", "zookeeper"]; by = "20ms"; jitter = "5ms"`,
		"delay historical-1 by 0.5x session_timeout for 2s":              `do = "delay"; target = "historical-1"; by = "0.5x session_timeout"; for = "2s"`,
		"restart historical, !historical-2":                              `do = "restart"; target = "historical, !historical-2"`,
		"pause historical-1 for 2s":                                      `do = "pause historical-1"; for = "2s"`,
		"partition coordinator from historical-1 direction to for 250ms": `do = "partition for 250ms"; between = ["coordinator", "historical-1"]; direction = "to"`,
		"heal": `do = "heal"`,
	} {
		for _, form := range []string{"do = \"" + text + "\"", strings.ReplaceAll(keys, "; ", "\n")} {
			topo, err := topology.Load(strings.NewReader(roles + form))
			if err != nil {
				t.Errorf("%s: %v", form, err)
				continue
			}
			c := &Cluster{topo: topo.WithDefaults(), planned: newPlanned(topo.WithDefaults())}
			steps, err := playbook.Read(c.topo.Steps, c.universe(), time.Second)
			if err != nil {
				t.Fatal(err)
			}
			if got := steps[0].Action.String(); got != text {
				t.Errorf("%s\ngot  %s\nwant %s", form, got, text)
			}
		}
	}
}

func TestEveryKindHasItsPlayer(t *testing.T) {
	for _, k := range kinds.All() {
		p, known := players[k.Name]
		if !known || p.lines == nil || (p.run == nil) != k.Outside {
			t.Errorf("the player of %s lacks something: it has a role of ours: %v, lines for a seat: %v", k.Name, p.run != nil, p.lines != nil)
		}
	}
	if len(players) != len(kinds.All()) {
		t.Errorf("%d players of %d kinds", len(players), len(kinds.All()))
	}
}
