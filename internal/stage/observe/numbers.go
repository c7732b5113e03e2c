package observe

import (
	"math/rand/v2"

	"oakmoot/internal/druid"
	"oakmoot/internal/stage/scenario"
)

// Number implements scenario.Env.
func (m *Moment) Number(f scenario.Function, args []scenario.Arg) float64 {
	if f.Reads == scenario.FromBroker {
		return m.Answers[args[0].Asks()]
	}
	if f.Name == "failover" {
		return m.model.reigns.of[args[0].Text].longest(m.Time).Seconds()
	}
	return float64(numbers[f.Name](m, args))
}

// numbers computes each function of scenario.Functions.
var numbers = map[string]func(*Moment, []scenario.Arg) int{
	"leaders":    func(m *Moment, args []scenario.Arg) int { return len(m.Leaders(args[0].Text)) },
	"candidates": func(m *Moment, args []scenario.Arg) int { return m.Live.Candidates(args[0].Text) },
	"up":         counted(func(_ *Moment, n Node) int { return oneIf(n.Serves()) }),
	"announced":  counted(func(m *Moment, n Node) int { return oneIf(m.Live.Knows(n.Host)) }),
	"lingering":  counted(func(m *Moment, n Node) int { return oneIf(len(m.Lingering(n)) > 0) }),
	"segments":   counted(func(m *Moment, n Node) int { return m.Live.Segments(n.Host) }),
	"sessions":   func(m *Moment, _ []scenario.Arg) int { return m.Sessions() },
	"queued":     func(m *Moment, _ []scenario.Arg) int { return m.Live.Queued() },
	"faults":     func(m *Moment, _ []scenario.Arg) int { return len(m.model.faults) },
	"znodes":     func(m *Moment, args []scenario.Arg) int { return m.model.counts.count(args[0].Text, m.model.znodes) },
	"failovers":  func(m *Moment, args []scenario.Arg) int { return m.model.reigns.of[args[0].Text].times },
	"done": func(m *Moment, args []scenario.Arg) int {
		if m.Steps == nil {
			return 0
		}
		return m.Steps(args[0].Text)
	},
	"served": func(m *Moment, args []scenario.Arg) int {
		return m.Live.Served(druid.TypeHistorical, args[0].Text)
	},
	"realtime": func(m *Moment, args []scenario.Arg) int {
		return m.Live.Served(druid.TypeRealtime, args[0].Text)
	},
	"replicas": func(m *Moment, args []scenario.Arg) int {
		return m.Live.Replicas(druid.TypeHistorical, args[0].Text)
	},
	"used":  func(m *Moment, args []scenario.Arg) int { return sum(m.model.store.Used, args[0].Text) },
	"tasks": func(m *Moment, args []scenario.Arg) int { return sum(m.model.store.Tasks, args[0].Text) },
}

// counted sums a count over the selected nodes.
func counted(count func(*Moment, Node) int) func(*Moment, []scenario.Arg) int {
	return func(m *Moment, args []scenario.Arg) int {
		// The same random draw each time: what "@any" means does not depend on who asked before.
		total := 0
		for _, name := range args[0].Selector.Select(m.Cast(), rand.New(rand.NewPCG(uint64(m.Seed), 2))) {
			total += count(m, m.Node(name))
		}
		return total
	}
}

func oneIf(b bool) int {
	if b {
		return 1
	}
	return 0
}

// sum is the count under one key, or of all for "*".
func sum(counts map[string]int, key string) int {
	if key != "*" {
		return counts[key]
	}
	total := 0
	for _, n := range counts {
		total += n
	}
	return total
}
