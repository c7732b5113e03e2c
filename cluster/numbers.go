package cluster

import (
	"math/rand/v2"

	"oakmoot/internal/druid"
	"oakmoot/internal/stage/scenario"
)

// Number implements scenario.Env.
func (m *moment) Number(f scenario.Function, args []scenario.Arg) float64 {
	return float64(numbers[f.Name](m, args))
}

// numbers computes each function of scenario.Functions.
var numbers = map[string]func(*moment, []scenario.Arg) int{
	"leaders":    func(m *moment, args []scenario.Arg) int { return len(m.leaders(args[0].Text)) },
	"candidates": func(m *moment, args []scenario.Arg) int { return len(m.zk.candidates[args[0].Text]) },
	"up":         counted(func(_ *moment, f fact) int { return oneIf(f.state == stateUp || f.state == statePresent) }),
	"announced":  counted(func(m *moment, f fact) int { return oneIf(m.zk.knows(f.host)) }),
	"lingering":  counted(func(m *moment, f fact) int { return oneIf(len(m.left.owned[f.host]) > 0) }),
	"segments":   counted(func(m *moment, f fact) int { return len(m.zk.segments[f.host]) }),
	"sessions":   func(m *moment, _ []scenario.Arg) int { return len(m.zk.sessions) },
	"queued":     func(m *moment, _ []scenario.Arg) int { return m.zk.queued },
	"faults":     func(m *moment, _ []scenario.Arg) int { return len(m.faults) },
	"served": func(m *moment, args []scenario.Arg) int {
		return distinct(m.zk.served(druid.TypeHistorical), args[0].Text)
	},
	"realtime": func(m *moment, args []scenario.Arg) int {
		return distinct(m.zk.served(druid.TypeRealtime), args[0].Text)
	},
	"replicas": func(m *moment, args []scenario.Arg) int {
		return replicas(m.zk.served(druid.TypeHistorical), args[0].Text)
	},
	"used":  func(m *moment, args []scenario.Arg) int { return sum(m.store.Used, args[0].Text) },
	"tasks": func(m *moment, args []scenario.Arg) int { return sum(m.store.Tasks, args[0].Text) },
}

// counted sums up what is counted of each selected node.
func counted(count func(*moment, fact) int) func(*moment, []scenario.Arg) int {
	return func(m *moment, args []scenario.Arg) int {
		// The same draw each time: what "@any" means does not depend on who asked before.
		picked := map[string]bool{}
		for _, name := range args[0].Selector.Select(m.candidates(), rand.New(rand.NewPCG(uint64(m.seed), 2))) {
			picked[name] = true
		}
		total := 0
		for _, f := range m.nodes {
			if picked[f.name] {
				total += count(m, f)
			}
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

// distinct counts segments, of one datasource or of all of them for "*".
func distinct(served map[string]map[druid.SegmentID]int, dataSource string) int {
	total := 0
	for ds, segments := range served {
		if dataSource == "*" || ds == dataSource {
			total += len(segments)
		}
	}
	return total
}

// replicas counts announcements of segments, each server's by itself.
func replicas(served map[string]map[druid.SegmentID]int, dataSource string) int {
	total := 0
	for ds, segments := range served {
		if dataSource != "*" && ds != dataSource {
			continue
		}
		for _, n := range segments {
			total += n
		}
	}
	return total
}

// sum is the count of one key, or of all for "*".
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
