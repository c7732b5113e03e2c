package plan

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"oakmoot/internal/druid"
	"oakmoot/internal/roles/coordinator/balance"
)

var now = druid.At(time.Date(2019, 2, 1, 12, 0, 0, 0, time.UTC))

func interval(t *testing.T, text string) druid.Interval {
	t.Helper()
	i, err := druid.ParseInterval(text)
	if err != nil {
		t.Fatal(err)
	}
	return i
}

func TestRulesApply(t *testing.T) {
	no := false
	for _, tc := range []struct {
		rule    druid.Rule
		segment string
		want    bool
	}{
		{druid.Rule{Type: "loadForever"}, "2000-01-01/2000-01-02", true},
		{druid.Rule{Type: "dropForever"}, "2000-01-01/2000-01-02", true},
		{druid.Rule{Type: "broadcastForever"}, "2000-01-01/2000-01-02", true},
		{druid.Rule{Type: "loadByInterval", Interval: interval(t, "2019-01-01/2019-01-10")}, "2019-01-09/2019-01-11", true},
		{druid.Rule{Type: "loadByInterval", Interval: interval(t, "2019-01-01/2019-01-10")}, "2019-01-10/2019-01-11", false},
		{druid.Rule{Type: "dropByInterval", Interval: interval(t, "2019-01-01/2019-01-10")}, "2019-01-09/2019-01-11", false},
		{druid.Rule{Type: "dropByInterval", Interval: interval(t, "2019-01-01/2019-01-10")}, "2019-01-09/2019-01-10", true},
		{druid.Rule{Type: "loadByPeriod", Period: "P1M"}, "2019-01-01/2019-01-02", true}, // ends after 2019-01-01T12
		{druid.Rule{Type: "loadByPeriod", Period: "P1M"}, "2018-12-31/2019-01-01", false},
		{druid.Rule{Type: "loadByPeriod", Period: "P1M"}, "2030-01-01/2030-01-02", true},
		{druid.Rule{Type: "loadByPeriod", Period: "P1M", IncludeFuture: &no}, "2030-01-01/2030-01-02", false},
		{druid.Rule{Type: "broadcastByPeriod", Period: "P1M", IncludeFuture: &no}, "2019-01-15/2019-01-16", true},
		{druid.Rule{Type: "dropByPeriod", Period: "P1M"}, "2019-01-01/2019-01-02", false}, // begins before 2019-01-01T12
		{druid.Rule{Type: "dropByPeriod", Period: "P1M"}, "2019-01-02/2030-01-03", true},
		{druid.Rule{Type: "dropByPeriod", Period: "P1M", IncludeFuture: &no}, "2019-01-02/2030-01-03", false},
		{druid.Rule{Type: "dropBeforeByPeriod", Period: "P1M"}, "2018-12-31/2019-01-01", true},
		{druid.Rule{Type: "dropBeforeByPeriod", Period: "P1M"}, "2019-01-01/2019-01-02", false},
		{druid.Rule{Type: "loadByPeriod", Period: "whenever"}, "2019-01-01/2019-01-02", false},
	} {
		if got := applies(tc.rule, interval(t, tc.segment), now); got != tc.want {
			t.Errorf("%s %s%s on %s: got %t, want %t", tc.rule.Type, tc.rule.Period, tc.rule.Interval, tc.segment, got, tc.want)
		}
	}
}

func TestOwnRulesComeBeforeTheDefault(t *testing.T) {
	r := Rules{Default: "_default", ByDataSource: map[string][]druid.Rule{
		"_default": {{Type: "loadForever"}}, "wiki": {{Type: "dropByPeriod", Period: "P1D"}},
	}}
	for ds, want := range map[string]string{"wiki": "dropByPeriod", "other": "loadForever"} {
		if got, ok := r.First(ds, druid.Interval{Start: now, End: now + 1}, now); !ok || got.Type != want {
			t.Errorf("%s: got %s, want %s", ds, got.Type, want)
		}
	}
	if _, ok := (Rules{}).First("wiki", druid.Eternity, now); ok {
		t.Error("a rule is found where there are none")
	}
}

// scene is a cluster described in a few words.
type scene struct {
	used     []*druid.DataSegment
	rule     druid.Rule
	servers  []*balance.Server
	config   druid.DynamicConfig
	mayMark  bool
	throttle *Throttle
	moves    *Moves
}

func newScene(rule druid.Rule, used ...*druid.DataSegment) *scene {
	return &scene{used: used, rule: rule, config: druid.DefaultDynamicConfig(), throttle: NewThrottle(), moves: NewMoves()}
}

func (s *scene) server(name, tier string, served ...*druid.DataSegment) *balance.Server {
	server := balance.NewServer(druid.ServerMetadata{Name: name, Host: name, MaxSize: 1000, Type: druid.TypeHistorical, Tier: tier}, served...)
	s.servers = append(s.servers, server)
	return server
}

func (s *scene) begin(t *testing.T) *Run {
	t.Helper()
	strategy, err := balance.NewStrategy("cost", rand.New(rand.NewPCG(3, 4)))
	if err != nil {
		t.Fatal(err)
	}
	return Begin(Input{
		Now: now, Catalog: s.catalog(), Rules: Rules{Default: "_default", ByDataSource: map[string][]druid.Rule{"_default": {s.rule}}},
		Config: s.config, Cluster: NewCluster(s.servers), Strategy: strategy, Throttle: s.throttle, Moves: s.moves, MayMark: s.mayMark,
	})
}

// catalog knows what is used and what the servers serve.
func (s *scene) catalog() *Catalog {
	c := NewCatalog()
	for _, segment := range s.used {
		c.Use(segment)
	}
	for _, server := range s.servers {
		c.Attend(server)
	}
	return c
}

func day(n int, version ...string) *druid.DataSegment {
	start := druid.At(time.Date(2019, 1, n, 0, 0, 0, 0, time.UTC))
	s := &druid.DataSegment{DataSource: "wiki", Interval: druid.Interval{Start: start, End: start + 86_400_000}, Version: "v1", Size: 10, ShardSpec: druid.NoneShardSpec()}
	if len(version) > 0 {
		s.Version = version[0]
	}
	return s
}

func days(n int) []*druid.DataSegment {
	var all []*druid.DataSegment
	for i := range n {
		all = append(all, day(i+1))
	}
	return all
}

func load(replicas map[string]int) druid.Rule {
	return druid.Rule{Type: "loadForever", TieredReplicants: replicas}
}

// told are the actions as text: kind, server, day.
func told(actions []Action) []string {
	names := map[Kind]string{Load: "load", Drop: "drop", Move: "move", MarkUnused: "unused"}
	texts := []string{}
	for _, a := range actions {
		text := fmt.Sprintf("%s %s %d", names[a.Kind], a.Server, a.Segment.Interval.Start.Time().Day())
		if a.Replica {
			text += " replica"
		}
		texts = append(texts, text)
	}
	return texts
}

func check(t *testing.T, r *Run, want ...string) {
	t.Helper()
	if diff := cmp.Diff(append([]string{}, want...), told(r.Actions)); diff != "" {
		t.Error(diff)
	}
}

func TestFirstCopyThenReplicasAcrossTiers(t *testing.T) {
	s := newScene(load(map[string]int{"hot": 2, "cold": 1}), day(1))
	s.server("hot-1", "hot")
	hot2 := s.server("hot-2", "hot")
	hot2.Meta.Priority = 5 // across tiers the priority decides where the first copy goes
	s.server("cold-1", "cold")
	cold := s.server("cold-2", "cold")
	cold.Decommissioning = true
	r := s.begin(t)
	r.RunRules()
	if len(r.Actions) != 3 || r.Actions[0].Replica || !r.Actions[1].Replica || !r.Actions[2].Replica {
		t.Fatalf("got %v, want a first copy and two replicas", told(r.Actions))
	}
	tiers := map[string]int{}
	for _, a := range r.Actions {
		tiers[a.Tier]++
		if a.Server == "cold-2" {
			t.Error("a server being decommissioned is given a segment")
		}
	}
	if diff := cmp.Diff(map[string]int{"hot": 2, "cold": 1}, tiers); diff != "" {
		t.Error(diff)
	}
}

func TestAssignmentIsNewestFirst(t *testing.T) {
	s := newScene(load(map[string]int{"hot": 1}), days(3)...)
	s.server("hot-1", "hot")
	r := s.begin(t)
	r.RunRules()
	check(t, r, "load hot-1 3", "load hot-1 2", "load hot-1 1")
}

func TestQueuedCopiesCount(t *testing.T) {
	s := newScene(load(map[string]int{"hot": 1}), day(1))
	s.server("hot-1", "hot").Load(day(1))
	s.server("hot-2", "hot")
	r := s.begin(t)
	r.RunRules()
	check(t, r)
}

func TestFullQueueGetsNoMoreRequests(t *testing.T) {
	s := newScene(load(map[string]int{"hot": 1}), days(3)...)
	s.config.MaxSegmentsInNodeLoadingQueue = 2
	s.server("hot-1", "hot")
	r := s.begin(t)
	r.RunRules()
	check(t, r, "load hot-1 3", "load hot-1 2")
	if len(r.Warnings) == 0 {
		t.Error("nothing is said about the segment without a server")
	}
}

func TestThrottleHoldsBackReplicasButNotFirstCopies(t *testing.T) {
	s := newScene(load(map[string]int{"hot": 2}), days(4)...)
	s.config.ReplicationThrottleLimit = 2
	s.server("hot-1", "hot", days(2)...)
	s.server("hot-2", "hot", day(3))
	r := s.begin(t)
	r.RunRules()
	replicas := 0
	for _, a := range r.Actions {
		if a.Replica {
			replicas++
		}
	}
	if replicas != 2 || len(r.Actions) != 3 {
		t.Errorf("got %v, want two replicas and the first copy", told(r.Actions))
	}
}

func TestThrottleWaitsForARunsReplicas(t *testing.T) {
	throttle, config := NewThrottle(), druid.DynamicConfig{ReplicationThrottleLimit: 2, ReplicantLifetime: 1}
	var warned []string
	begin := func() { throttle.Begin([]string{"hot"}, config, func(w string) { warned = append(warned, w) }) }
	begin()
	throttle.Created("hot", day(1).ID())
	if !throttle.MayCreate("hot") || throttle.MayCreate("cold") {
		t.Error("the open tier is closed, or the unknown one open")
	}
	begin()
	if throttle.MayCreate("hot") || len(warned) != 0 {
		t.Error("a tier is open while the replicas of an earlier run are under way")
	}
	begin()
	if len(warned) != 1 {
		t.Errorf("got %d warnings, want one for the stuck replica", len(warned))
	}
	throttle.Done("hot", day(1).ID())
	begin()
	if !throttle.MayCreate("hot") {
		t.Error("the tier stays closed after its replicas are done")
	}
}

func TestSurplusIsDroppedOnlyIfNothingIsMissing(t *testing.T) {
	for _, tc := range []struct {
		name    string
		targets map[string]int
		want    []string
	}{
		{"surplus in one tier", map[string]int{"hot": 1, "cold": 1}, []string{"drop hot-2 1"}},
		{"a copy is missing elsewhere", map[string]int{"hot": 1, "cold": 2}, []string{}},
		{"a tier without servers does not count", map[string]int{"hot": 1, "cold": 1, "gone": 1}, []string{"drop hot-2 1"}},
		{"a tier that is not asked for", map[string]int{"hot": 2}, []string{"drop cold-1 1"}},
		{"the only tier asked for has no servers", map[string]int{"gone": 1}, []string{"drop cold-1 1", "drop hot-2 1"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := newScene(load(tc.targets), day(1))
			s.server("hot-1", "hot", day(1))
			s.server("hot-2", "hot", day(1)).Decommissioning = true
			s.server("cold-1", "cold", day(1))
			r := s.begin(t)
			r.RunRules()
			check(t, r, tc.want...)
		})
	}
}

func TestDropRuleMarksUnused(t *testing.T) {
	s := newScene(druid.Rule{Type: "dropForever"}, day(1))
	s.server("hot-1", "hot", day(1))
	r := s.begin(t)
	r.RunRules()
	check(t, r, "unused  1")
}

func TestOvershadowedIsNotAssigned(t *testing.T) {
	s := newScene(load(map[string]int{"hot": 1}), day(1), day(1, "v2"))
	s.server("hot-1", "hot")
	r := s.begin(t)
	r.RunRules()
	if len(r.Actions) != 1 || r.Actions[0].Segment.Version != "v2" {
		t.Errorf("got %v, want only the newer version loaded", told(r.Actions))
	}
}

func TestBroadcast(t *testing.T) {
	other := day(2)
	other.DataSource = "other"
	for _, tc := range []struct {
		name      string
		colocated []string
		want      []string
	}{
		{"everywhere", nil, []string{"load a 1", "load b 1", "load c 1"}},
		{"beside a datasource", []string{"other"}, []string{"load a 1"}}, // b keeps it until a has it
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := newScene(druid.Rule{Type: "broadcastForever", ColocatedDataSources: tc.colocated}, day(1))
			s.server("a", "1", other)
			s.server("b", "2", day(1))
			s.server("c", "3").Decommissioning = true
			r := s.begin(t)
			r.RunRules()
			check(t, r, tc.want...)
		})
	}
}

func TestBroadcastDropsElsewhereOnlyOnceLoaded(t *testing.T) {
	other := day(2)
	other.DataSource = "other"
	for _, tc := range []struct {
		name   string
		change func(a, b *balance.Server)
		want   []string
	}{
		{"it has it", func(a, _ *balance.Server) {}, []string{"load a 1", "drop b 1"}},
		{"it is to drop it", func(a, _ *balance.Server) { a.Drop(day(1).ID()) }, []string{"load a 1"}},
		{"it has it and the other drops it already", func(_, b *balance.Server) { b.Drop(day(1).ID()) }, []string{"load a 1"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := newScene(druid.Rule{Type: "broadcastForever", ColocatedDataSources: []string{"other"}}, day(1))
			tc.change(s.server("a", "1", other, day(1)), s.server("b", "2", day(1)))
			r := s.begin(t)
			r.RunRules()
			check(t, r, tc.want...)
		})
	}
}

func TestUnneededIsDroppedUnlessNothingIsUsed(t *testing.T) {
	s := newScene(load(nil), day(1))
	s.server("a", "hot", day(1), day(2)).Drop(day(2).ID())
	s.server("b", "hot", day(2))
	r := s.begin(t)
	r.CleanupUnneeded()
	check(t, r, "drop b 2")
	s.used = nil
	r = s.begin(t)
	r.CleanupUnneeded()
	check(t, r)
}

func TestOvershadowedIsMarkedUnusedOnceItsSuccessorIsServed(t *testing.T) {
	s := newScene(load(nil), day(1), day(1, "v2"))
	s.server("a", "hot", day(1))
	b := s.server("b", "hot")
	s.mayMark = true
	r := s.begin(t)
	r.CleanupOvershadowed()
	check(t, r) // the newer version is not served yet
	s.servers = slices.DeleteFunc(s.servers, func(x *balance.Server) bool { return x == b })
	s.server("b", "hot", day(1, "v2"))
	r = s.begin(t)
	r.CleanupOvershadowed()
	check(t, r, "unused  1")
	s.mayMark = false
	r = s.begin(t)
	r.CleanupOvershadowed()
	check(t, r)
}

func TestBalanceMovesWithinItsBudget(t *testing.T) {
	s := newScene(load(nil), days(20)...)
	s.server("full", "hot", days(20)...)
	s.server("empty", "hot")
	r := s.begin(t)
	r.Balance()
	if n := len(r.Actions); n == 0 || n > 5 {
		t.Errorf("got %d moves, want some and at most five", n)
	}
	for _, a := range r.Actions {
		if a.Kind != Move || a.From != "full" || a.Server != "empty" {
			t.Errorf("got %+v, want a move from full to empty", a)
		}
	}
	r = s.begin(t)
	r.Balance()
	check(t, r) // while the earlier moves are in progress
}

func TestBalanceNeedsSomewhereToGo(t *testing.T) {
	for name, set := range map[string]func(s *scene){
		"nothing is used":     func(s *scene) { s.used = nil; s.server("b", "hot") },
		"a single server":     func(*scene) {},
		"all are leaving":     func(s *scene) { s.server("b", "hot").Decommissioning = true; s.servers[0].Decommissioning = true },
		"another tier":        func(s *scene) { s.server("b", "cold") },
		"no budget":           func(s *scene) { s.server("b", "hot"); s.config.MaxSegmentsToMove = 0 },
		"what is not used":    func(s *scene) { s.server("b", "hot"); s.used = []*druid.DataSegment{day(30)} },
		"the target is small": func(s *scene) { s.server("b", "hot").Meta.MaxSize = 10 },
	} {
		t.Run(name, func(t *testing.T) {
			s := newScene(load(nil), days(10)...)
			s.server("a", "hot", days(10)...)
			set(s)
			r := s.begin(t)
			r.Balance()
			check(t, r)
		})
	}
}

func TestDecommissioningGetsItsShareOfTheMoves(t *testing.T) {
	for percent, want := range map[int]int{100: 5, 70: 4, 20: 1, 0: 0} {
		s := newScene(load(nil), days(20)...)
		s.config.DecommissioningMaxPercentOfMaxSegmentsToMove = percent
		s.server("leaving", "hot", days(20)...).Decommissioning = true
		s.server("staying", "hot")
		r := s.begin(t)
		r.Balance()
		if got := len(r.Actions); got != want {
			t.Errorf("%d %%: got %d moves, want %d", percent, got, want)
		}
	}
}

func TestStatus(t *testing.T) {
	s := newScene(load(map[string]int{"hot": 2}), days(2)...)
	s.server("a", "hot", day(1)).Load(day(2))
	counts := s.catalog()
	rules := Rules{ByDataSource: map[string][]druid.Rule{"wiki": {{Type: "dropBeforeByPeriod", Period: "P1D"}, s.rule}}}
	if diff := cmp.Diff(map[string]int{"wiki": 1}, Unavailable(s.used, counts)); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(map[string]map[string]int{"hot": {"wiki": 3}}, UnderReplicated(s.used, rules, counts, now)); diff != "" {
		t.Error(diff)
	}
	if len(Unavailable(s.used, nil)) != 0 || len(UnderReplicated(s.used, rules, nil, now)) != 0 {
		t.Error("something is reported before anything was counted")
	}
}

// applies reports whether a rule decides about segments of an interval. A period that cannot be read applies to
// nothing.
func applies(rule druid.Rule, interval druid.Interval, now druid.Timestamp) bool {
	one, ok := compileRule(rule, now)
	return ok && one.applies(interval)
}
