package plan

import (
	"fmt"
	"maps"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"oakmoot/internal/druid"
	"oakmoot/internal/roles/coordinator/balance"
)

// TestDropsLeaveWantedCopies draws random clusters in which anything may be in progress, and random rules. Whatever a
// run requests, in each tier the copies that nobody is to drop or move away are as many as the rule wants, or none of
// them is dropped.
func TestDropsLeaveWantedCopies(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		tiers := []string{"hot", "cold", "warm"}
		segments := days(rapid.IntRange(1, 6).Draw(rt, "segments"))
		s := newScene(load(nil), segments...)
		for i := range rapid.IntRange(1, 6).Draw(rt, "servers") {
			drawServer(rt, s, fmt.Sprintf("h%d", i), rapid.SampledFrom(tiers).Draw(rt, "tier"), segments)
		}
		targets := map[string]int{}
		for _, tier := range append(tiers, "nowhere") {
			if n := rapid.IntRange(0, 3).Draw(rt, "target "+tier); n > 0 {
				targets[tier] = n
			}
		}
		s.rule = load(targets)
		before := map[druid.SegmentID]map[string]int{}
		for _, segment := range segments {
			before[segment.ID()] = safeCopies(s.servers, segment.ID())
		}
		r := s.begin(t)
		r.RunRules()
		dropped := map[druid.SegmentID]map[string]int{}
		for _, a := range r.Actions {
			if a.Kind == Drop {
				if dropped[a.Segment.ID()] == nil {
					dropped[a.Segment.ID()] = map[string]int{}
				}
				dropped[a.Segment.ID()][a.Tier]++
			}
		}
		for id, byTier := range dropped {
			for tier, n := range byTier {
				if left := before[id][tier] - n; left < targets[tier] {
					rt.Errorf("%s: %d safe copies left in tier %s, want %d\n%v", id, left, tier, targets[tier], told(r.Actions))
				}
			}
			if left := sumOf(before[id]) - sumOf(byTier); left < min(1, sumOf(targets)) {
				rt.Errorf("%s: no safe copy is left of %v, wanted are %v\n%v", id, before[id], targets, told(r.Actions))
			}
		}
	})
}

// drawServer adds a server on which every segment may or may not be present, on its way in or on its way out.
func drawServer(rt *rapid.T, s *scene, name, tier string, segments []*druid.DataSegment) {
	var served []*druid.DataSegment
	states := map[druid.SegmentID]string{}
	for _, segment := range segments {
		state := rapid.SampledFrom([]string{"none", "loading", "served", "served", "dropping", "moving", "moving and dropping"}).Draw(rt, name)
		states[segment.ID()] = state
		if state != "none" && state != "loading" {
			served = append(served, segment)
		}
	}
	server := s.server(name, tier, served...)
	server.Decommissioning = rapid.Bool().Draw(rt, name+" leaves")
	for _, segment := range segments {
		switch states[segment.ID()] {
		case "loading":
			server.Load(segment)
		case "dropping":
			server.Drop(segment.ID())
		case "moving":
			server.Mark(segment)
		case "moving and dropping":
			server.Mark(segment)
			server.Drop(segment.ID())
		}
	}
}

// safeCopies counts, by tier, the servers that serve a segment and will keep serving it.
func safeCopies(servers []*balance.Server, id druid.SegmentID) map[string]int {
	n := map[string]int{}
	for _, s := range servers {
		if s.Safe(id) {
			n[s.Meta.Tier]++
		}
	}
	return n
}

func sumOf(counts map[string]int) int {
	total := 0
	for _, n := range slices.Collect(maps.Values(counts)) {
		total += n
	}
	return total
}

// TestCopiesBeingDroppedDoNotCount lowers a rule from three copies to one while drops take longer than a run.
func TestCopiesBeingDroppedDoNotCount(t *testing.T) {
	s := newScene(load(map[string]int{"hot": 1}), day(1))
	var servers []*balance.Server
	for _, name := range []string{"a", "b", "c"} {
		servers = append(servers, s.server(name, "hot", day(1)))
	}
	r := s.begin(t)
	r.RunRules()
	if len(r.Actions) != 2 {
		t.Fatalf("got %v, want two drops", told(r.Actions))
	}
	again := s.begin(t) // the servers have not got to it yet
	again.RunRules()
	check(t, again)
	more := newScene(load(map[string]int{"hot": 2}), day(1)) // two are wanted after all
	more.servers = servers
	more.server("d", "hot")
	r = more.begin(t)
	r.RunRules()
	check(t, r, "load d 1 replica")
}

func TestInheritedSegmentsLoseNoSurplus(t *testing.T) {
	s := newScene(load(map[string]int{"hot": 1}), day(1), day(2))
	s.server("a", "hot", day(1), day(2))
	s.server("b", "hot", day(1), day(2))
	r := s.begin(t)
	r.Inherited = map[druid.SegmentID]bool{day(1).ID(): true}
	r.RunRules()
	if len(r.Actions) != 1 || r.Actions[0].Segment.ID() != day(2).ID() {
		t.Errorf("got %v, want one drop, of day 2", told(r.Actions))
	}
}
