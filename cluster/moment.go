package cluster

import (
	"context"
	"math/rand/v2"
	"slices"

	"oakmoot/internal/druid"
	"oakmoot/internal/scenario"
)

// moment answers the functions of one evaluation of a condition. Each source is
// read at most once, so that both sides of a comparison see the same.
type moment struct {
	c        *Cluster
	zk       *view
	segments map[string]int // used, by datasource
	tasks    map[string]int // by status
}

// Number implements scenario.Env.
func (m *moment) Number(ctx context.Context, f scenario.Function, args []string) (float64, error) {
	return numbers[f.Name](ctx, m, args)
}

// numbers computes each function of scenario.Functions.
var numbers = map[string]func(context.Context, *moment, []string) (float64, error){
	"leaders":    fromView(func(_ *moment, v *view, args []string) int { return len(v.leading(args[0])) }),
	"candidates": fromView(func(_ *moment, v *view, args []string) int { return len(v.candidates[args[0]]) }),
	"up": func(_ context.Context, m *moment, args []string) (float64, error) {
		return float64(len(m.nodes(args[0], (*node).serves))), nil
	},
	"announced": fromView(func(m *moment, v *view, args []string) int {
		return len(m.nodes(args[0], func(n *node) bool { return v.knows(n.host()) }))
	}),
	"sessions": fromView(func(_ *moment, v *view, _ []string) int { return len(v.sessions) }),
	"served":   fromView(func(_ *moment, v *view, args []string) int { return distinct(v.served(druid.TypeHistorical), args[0]) }),
	"realtime": fromView(func(_ *moment, v *view, args []string) int { return distinct(v.served(druid.TypeRealtime), args[0]) }),
	"replicas": fromView(func(_ *moment, v *view, args []string) int { return replicas(v.served(druid.TypeHistorical), args[0]) }),
	"segments": fromView(func(m *moment, v *view, args []string) int {
		total := 0
		for _, n := range m.nodes(args[0], func(*node) bool { return true }) {
			total += len(v.segments[n.host()])
		}
		return total
	}),
	"queued": fromView(func(_ *moment, v *view, _ []string) int { return v.queued }),
	"used":   usedSegments,
	"tasks":  countTasks,
	"faults": func(_ context.Context, m *moment, _ []string) (float64, error) {
		return float64(len(m.c.armed.list())), nil
	},
}

func fromView(count func(*moment, *view, []string) int) func(context.Context, *moment, []string) (float64, error) {
	return func(ctx context.Context, m *moment, args []string) (float64, error) {
		if m.zk == nil {
			v, err := m.c.view(ctx)
			if err != nil {
				return 0, err
			}
			m.zk = v
		}
		return float64(count(m, m.zk, args)), nil
	}
}

// nodes are those that a selector picks and that are as asked. The argument has
// been checked with its condition.
func (m *moment) nodes(selector string, keep func(*node) bool) []*node {
	s, err := scenario.ParseSelector(selector)
	if err != nil {
		return nil
	}
	candidates := make([]scenario.Node, len(m.c.nodes))
	for i, n := range m.c.nodes {
		candidates[i] = scenario.Node{Name: n.name, Kind: n.kind, Leader: m.leads(n)}
	}
	picked := s.Select(candidates, rand.New(rand.NewPCG(uint64(m.c.seed), 2)))
	return slices.DeleteFunc(slices.Clone(m.c.nodes), func(n *node) bool { return !slices.Contains(picked, n.name) || !keep(n) })
}

func (m *moment) leads(n *node) bool {
	return m.zk != nil && slices.Contains(m.zk.leading(n.kind), n.host())
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

func usedSegments(ctx context.Context, m *moment, args []string) (float64, error) {
	if m.segments == nil {
		used, err := m.c.usedByDataSource(ctx)
		if err != nil {
			return 0, err
		}
		m.segments = used
	}
	return float64(sum(m.segments, args[0])), nil
}

func countTasks(ctx context.Context, m *moment, args []string) (float64, error) {
	if m.tasks == nil {
		tasks, err := m.c.tasks(ctx)
		if err != nil {
			return 0, err
		}
		m.tasks = map[string]int{}
		for _, t := range tasks {
			m.tasks[t.Status]++
		}
	}
	return float64(sum(m.tasks, args[0])), nil
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
