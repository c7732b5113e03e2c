package scenario_test

import (
	"errors"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"oakmoot/internal/stage/scenario"
)

var cluster = []scenario.Node{
	{Name: "coordinator-1", Kind: "coordinator", Leader: true},
	{Name: "coordinator-2", Kind: "coordinator", Follower: true},
	{Name: "hot-1", Kind: "historical"},
	{Name: "hot-2", Kind: "historical"},
	{Name: "cold-1", Kind: "historical"},
	{Name: "broker-1", Kind: "broker"},
}

var universe = scenario.Universe{
	Kinds:       []string{"coordinator", "historical", "broker", "overlord"},
	Elect:       []string{"coordinator", "overlord"},
	Serve:       []string{"historical"},
	Nodes:       cluster,
	DataSources: []string{"flights"},
}

func TestSelectorPicksNodes(t *testing.T) {
	for text, want := range map[string]string{
		"coordinator":                   "coordinator-1 coordinator-2",
		"coordinator@leader":            "coordinator-1",
		"coordinator@follower":          "coordinator-2",
		"coordinator@all":               "coordinator-1 coordinator-2",
		"coordinator-2":                 "coordinator-2",
		"historical.hot-*":              "hot-1 hot-2",
		"hot-1,broker":                  "hot-1 broker-1",
		"historical, !historical.hot-*": "cold-1",
		"*,!coordinator":                "hot-1 hot-2 cold-1 broker-1",
		"zookeeper":                     "",
	} {
		s, err := scenario.ParseSelector(text)
		if err != nil {
			t.Errorf("ParseSelector(%q): %v", text, err)
			continue
		}
		if err := s.Check(universe); err != nil {
			t.Errorf("Check(%q): %v", text, err)
		}
		if got := strings.Join(s.Select(cluster, nil), " "); got != want {
			t.Errorf("%q picks %q, want %q", text, got, want)
		}
	}
}

func TestSelectorAnyPicksOneAndIsRepeatable(t *testing.T) {
	s, err := scenario.ParseSelector("historical@any")
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for seed := range uint64(20) {
		first := s.Select(cluster, rand.New(rand.NewPCG(seed, 0)))
		again := s.Select(cluster, rand.New(rand.NewPCG(seed, 0)))
		if len(first) != 1 || !cmp.Equal(first, again) {
			t.Fatalf("seed %d: got %v, then %v; want one and the same", seed, first, again)
		}
		seen[first[0]] = true
	}
	if len(seen) != 3 {
		t.Errorf("20 seeds picked %v, want all three historicals", seen)
	}
}

func TestMistakesArePlacedAndCorrected(t *testing.T) {
	check := func(text string) error {
		a, err := scenario.ParseAction(text)
		if err == nil {
			err = a.Check(universe)
		}
		return err
	}
	condition := func(text string) error {
		c, err := scenario.ParseCondition(text)
		if err == nil {
			err = c.Check(universe)
		}
		return err
	}
	selector := func(text string) error {
		s, err := scenario.ParseSelector(text)
		if err == nil {
			err = s.Check(universe)
		}
		return err
	}
	trigger := func(text string) error { _, err := scenario.ParseTrigger(text); return err }
	for _, tt := range []struct {
		parse  func(string) error
		text   string
		column int
		says   string
	}{
		{selector, "coordinater", 1, `did you mean "coordinator"?`},
		{selector, "broker,historcal.hot-*", 8, `did you mean "historical"?`},
		{selector, "historical.warm-*", 1, "no historical's name matches"},
		{selector, "historical.hot-9", 1, `did you mean "hot-1"?`},
		{selector, "broker.hot-*", 1, "no broker's name matches"},
		{selector, "overlord", 1, "there is no overlord"},
		{selector, "broker,overlord@leader", 8, "there is no overlord"},
		{selector, "broker@leader", 1, "a broker does not lead: coordinator and overlord elect"},
		{selector, "historical@follower", 1, "a historical does not lead"},
		{selector, "historical.hot-*@leader", 1, "a historical does not lead"},
		{selector, "broker,!broker", 1, "can mean nobody"},
		{selector, "broker,!*", 1, "can mean nobody"},
		{selector, "broker-1, !broker@any", 1, "can mean nobody"},
		{selector, "coordinator@leader,!coordinator@leader", 1, "can mean nobody"},
		{selector, "coordinator@leader,!coordinator", 1, "can mean nobody"},
		{selector, "coordinator@leeder", 1, `did you mean "leader"?`},
		{selector, "hot-1@leader", 1, "a node, not a kind"},
		{selector, "!broker", 1, "cannot begin"},
		{selector, "broker,", 8, "missing"},
		{selector, "broker historical", 1, "separated by commas"},
		{selector, "historical.[", 1, "not a pattern"},
		{check, "", 1, "nothing to do"},
		{check, "kil broker", 1, `did you mean "kill"?`},
		{check, "kill", 5, "needs a target"},
		{check, "kill broker for 20", 13, "not a duration with a unit"},
		{check, "kill broker for", 13, "missing after"},
		{check, "kill broker by 3s", 13, `takes no "by"`},
		{check, "delay broker", 13, `needs "by"`},
		{check, "restart broker for 3s", 16, `takes no "for"`},
		{check, "partition broker from zookeper", 0, `did you mean "zookeeper"?`},
		{check, "partition broker direction up", 18, "unknown direction"},
		{check, "kill broker@leader", 0, "a broker does not lead"},
		{check, "partition broker from historical@leader", 0, "a historical does not lead"},
		{check, "kill coordinator for NaNx session_timeout", 18, "not a multiple"},
		{check, "kill coordinator for 1e300x session_timeout", 18, "not a multiple"},
		{check, "kill broker for 1s for 2s", 20, "second time"},
		{check, "delay broker by 1s by 2s", 20, "second time"},
		{check, "kill broker for 0s", 19, "over at once"},
		{check, "delay broker by 0s", 19, "delays nothing"},
		{condition, "1 == 1", 1, "asks nothing"},
		{condition, "0", 1, "asks nothing"},
		{condition, "leaders(historical) == 1", 9, "a historical does not lead"},
		{condition, "candidates(overlord) == 1", 12, "there is no overlord"},
		{condition, "up(coordinator@ledaer) == 1", 4, `did you mean "leader"?`},
		{condition, "up(broker@leader) == 1", 4, "a broker does not lead"},
		{condition, "up(zookeeper) == 1", 4, "counts nodes"},
		{condition, "segments(broker) == 1", 10, "announces no segments: historical do"},
		{condition, "up(broker,!broker) == 0", 4, "can mean nobody"},
		{condition, "used(?) == 0", 6, "not a datasource"},
		{condition, "used(*?) == 0", 6, "not a datasource"},
		{condition, "used(wikipedia) == 0", 6, "one that comes later is written used(wikipedia?)"},
		{condition, "leaders(coordinatr) == 1", 9, `did you mean "coordinator"?`},
		{condition, "leader(coordinator) == 1", 1, `did you mean "leaders"?`},
		{condition, "leaders() == 1", 1, "takes one argument"},
		{condition, "leaders == 1", 9, "needs parentheses"},
		{condition, "served(flights", 7, "not closed"},
		{condition, "served(flight) == 1", 8, `did you mean "flights"?`},
		{condition, "tasks(RUNING) == 0", 7, `did you mean "RUNNING"?`},
		{condition, "1 ==", 5, "missing at the end"},
		{condition, "(1 == 1", 8, "closing parenthesis"},
		{condition, "1 == 1 2", 8, "too many"},
		{condition, "1 = 1", 3, "means nothing"},
		{condition, "1 == and", 6, "expected here"},
		{condition, strings.Repeat("not ", 200) + "1", 0, "nested too deeply"},
		{trigger, "leader:coordinator chaged", 20, `did you mean "changed"?`},
		{trigger, "lead:coordinator changed", 1, `did you mean "leader"?`},
		{trigger, "zk:creat /druid/**", 4, `did you mean "create"?`},
		{trigger, "zk:create druid", 11, "begins with /"},
		{trigger, "segment:flights lost", 17, "known are published, announced, loaded, dropped"},
		{trigger, "task:x", 7, "what happens to it"},
		{trigger, "role:hot-1 down soon", 17, "one word too many"},
		{trigger, "qeued() > 1", 1, `did you mean "queued"?`},
		{trigger, "leader changed", 1, "needs a subject"},
		{trigger, "soon", 1, `unknown function "soon"`},
		{trigger, "", 1, "a trigger is an event"},
	} {
		err := tt.parse(tt.text)
		if err == nil {
			t.Errorf("%q: no error, want %q", tt.text, tt.says)
			continue
		}
		if !strings.Contains(err.Error(), tt.says) {
			t.Errorf("%q: got error %q, want it to say %q", tt.text, err, tt.says)
		}
		var syntax *scenario.SyntaxError
		if tt.column > 0 && errors.As(err, &syntax) && syntax.Column != tt.column {
			t.Errorf("%q: error at column %d, want %d (%v)", tt.text, syntax.Column, tt.column, err)
		}
	}
}

func TestActionReadsItsClauses(t *testing.T) {
	a, err := scenario.ParseAction("partition  historical.hot-*, broker from zookeeper direction to for 1.5x session_timeout")
	if err != nil {
		t.Fatal(err)
	}
	if got := a.Target.Select(cluster, nil); !cmp.Equal(got, []string{"hot-1", "hot-2", "broker-1"}) {
		t.Errorf("target: got %v", got)
	}
	if !a.Peer().ZooKeeper() || a.Word("direction") != "to" {
		t.Errorf("got peer %q direction %q, want zookeeper, to", a.Peer(), a.Word("direction"))
	}
	if got := a.For().In(10 * time.Second); got != 15*time.Second {
		t.Errorf("1.5 sessions of 10s: got %v, want 15s", got)
	}
	want := "partition historical.hot-*, broker from zookeeper direction to for 1.5x session_timeout"
	if a.String() != want {
		t.Errorf("String: got %q, want %q", a.String(), want)
	}
}

func TestActionSurvivesItsOwnText(t *testing.T) {
	for _, text := range []string{
		"kill coordinator@leader for 20s", "heal", "heal f3", "heal broker", "delay broker by 200ms jitter 50ms for 10s",
		"restart *", "expire_session historical@any", "partition broker for 1s", "clock broker speed 2", "clock * behind 0.5x session_timeout for 1m0s",
	} {
		a, err := scenario.ParseAction(text)
		if err != nil {
			t.Errorf("ParseAction(%q): %v", text, err)
			continue
		}
		if a.String() != text {
			t.Errorf("got %q, want %q", a, text)
		}
	}
}

func TestEveryVerbWithEachOfItsClausesSurvivesItsOwnText(t *testing.T) {
	says := map[string]string{
		"from": "zookeeper", "direction": "to", "by": "1s", "jitter": "5ms", "rate": "64KiB", "op": "create", "method": "POST", "path": "/druid/**",
		"code": "NoNode", "status": "503", "frames": "3", "skip": "1", "times": "2", "share": "30%", "endpoint": "1", "count": "4",
		"speed": "0.25", "ahead": "20m0s", "behind": "5m0s", "segments": "50", "rows": "10", "interval": "2020-01-01/P1D", "file": "task.json", "for": "10s", "json": `{"a": "x  for by"}`,
	}
	for _, v := range scenario.Verbs {
		text := v.Name
		switch v.On {
		case scenario.OnNodes, scenario.OnAny:
			text += " broker"
		case scenario.OnKind:
			text += " historical"
		case scenario.OnDataSource:
			text += " flights"
		}
		for _, c := range scenario.Clauses {
			if v.Takes(c.Word) && c.Word != "behind" { // the other side of "ahead"
				text += " " + c.Word + " " + says[c.Word]
			}
		}
		a, err := scenario.ParseAction(text)
		if err == nil {
			err = a.Check(universe)
		}
		if err != nil || a.String() != text {
			t.Errorf("%q: got %q, error %v", text, a, err)
		}
		if v.Do == nil || v.Does == "" {
			t.Errorf("the row of %s lacks something: %+v", v.Name, v)
		}
		for _, word := range append(v.Clauses, v.Needs...) {
			if says[word] == "" || !v.Takes(word) {
				t.Errorf("%s takes %q, which is no clause", v.Name, word)
			}
		}
	}
}

// counts answers functions from a table of "name(args)".
type counts map[string]float64

func (c counts) Number(f scenario.Function, args []scenario.Arg) float64 {
	var texts []string
	for _, arg := range args {
		texts = append(texts, arg.Text)
	}
	call := f.Name + "(" + strings.Join(texts, ",") + ")"
	v, ok := c[call]
	if !ok {
		panic("not in the table: " + call)
	}
	return v
}

func (c counts) SessionTimeout() time.Duration { return 4 * time.Second }

func TestConditionEvaluates(t *testing.T) {
	env := counts{"leaders(coordinator)": 1, "served(flights)": 3, "used(flights)": 4, "up(historical.hot-*,broker)": 3, "sessions()": 10}
	for text, want := range map[string]bool{
		"leaders(coordinator) == 1":                                     true,
		"served(flights) == used(flights)":                              false,
		"served(flights) == used(flights) - 1":                          true,
		"leaders(coordinator) == 1 and served(flights) < used(flights)": true,
		"not leaders(coordinator) == 1 or sessions() >= 10":             true,
		"not (leaders(coordinator) == 1 or sessions() >= 10)":           false,
		"up(historical.hot-*,broker) == 3":                              true,
		"1.5x session_timeout == 6s and 500ms < 1s":                     true,
		"2 + 3 * 4 == 14":                                               true,
		"(2 + 3) * 4 == 20":                                             true,
		"10 - 3 - 2 == 5":                                               true,
		"1 != 1":                                                        false,
		"leaders(coordinator)":                                          true,
		"1 or 0 and 0":                                                  true,
		"served(flights?) == 3":                                         true,
	} {
		c, err := scenario.ParseCondition(text)
		if err != nil {
			t.Errorf("ParseCondition(%q): %v", text, err)
			continue
		}
		if got, _ := c.Eval(env); got != want {
			t.Errorf("%q: got %v; want %v", text, got, want)
		}
	}
}

func TestConditionSaysWhatItSaw(t *testing.T) {
	c, err := scenario.ParseCondition("served(flights) == used(flights)")
	if err != nil {
		t.Fatal(err)
	}
	_, seen := c.Eval(counts{"served(flights)": 3, "used(flights)": 4})
	if want := "served(flights) is 3, used(flights) is 4"; seen != want {
		t.Errorf("got %q; want %q", seen, want)
	}
}

func TestConditionSaysWhatHasToBeRead(t *testing.T) {
	for text, want := range map[string]scenario.Source{
		"faults() == 0 and up(broker) == 1": 0,
		"up(coordinator@leader) == 1":       scenario.FromZooKeeper,
		"up(broker,coordinator@follower)":   scenario.FromZooKeeper,
		"leaders(coordinator) == 1":         scenario.FromZooKeeper,
		"tasks(*) == 1":                     scenario.FromStore,
		"served(*) == used(*)":              scenario.FromZooKeeper | scenario.FromStore,
	} {
		c, err := scenario.ParseCondition(text)
		if err != nil {
			t.Fatal(err)
		}
		if got := c.Reads(); got != want {
			t.Errorf("%q: got %d, want %d", text, got, want)
		}
	}
}

func TestSpanNeedsAUnit(t *testing.T) {
	for _, text := range []string{"", "5", "0", "00", "-3s", "fast", "x session_timeout", "-1x session_timeout"} {
		if s, err := scenario.ParseSpan(text); err == nil {
			t.Errorf("ParseSpan(%q): got %v, want an error", text, s)
		}
	}
	for text, want := range map[string]time.Duration{"5s": 5 * time.Second, "0s": 0, "2x session_timeout": 20 * time.Second, "1m30s": 90 * time.Second} {
		s, err := scenario.ParseSpan(text)
		if err != nil || s.In(10*time.Second) != want || !s.Set {
			t.Errorf("ParseSpan(%q): got %v (set %v), %v; want %v", text, s.In(10*time.Second), s.Set, err, want)
		}
	}
}

func TestTriggersAreRead(t *testing.T) {
	for text, want := range map[string][3]string{
		"leader:coordinator changed":    {"leader", "coordinator", "changed"},
		"task:* success":                {"task", "*", "success"},
		"zk:create /druid/loadQueue/**": {"zk", "create", "/druid/loadQueue/**"},
		"session:coordinator-1 expired": {"session", "coordinator-1", "expired"},
		" step:kill-leader  done":       {"step", "kill-leader", "done"},
		"queued() > 10":                 {},
		"up(hot-1, hot-2) == 2":         {},
	} {
		got, err := scenario.ParseTrigger(text)
		if parts := [3]string{got.Source.Name, got.Subject, got.Event}; err != nil || parts != want {
			t.Errorf("ParseTrigger(%q): got %q, %v; want %q", text, parts, err, want)
		}
		if condition := got.Condition.String() != ""; condition != (want == [3]string{}) {
			t.Errorf("ParseTrigger(%q): is a condition: %v", text, condition)
		}
	}
}

func FuzzParseCondition(f *testing.F) {
	f.Add("leaders(coordinator) == 1 and not (served(*) < used(*) + 2)")
	f.Add("((((")
	f.Fuzz(func(t *testing.T, text string) {
		c, err := scenario.ParseCondition(text)
		if err != nil {
			var syntax *scenario.SyntaxError
			if !errors.As(err, &syntax) || syntax.Column < 1 || syntax.Column > len(text)+2 {
				t.Fatalf("error %v of %q has no place in it", err, text)
			}
			return
		}
		if _, err := scenario.ParseCondition(c.String()); err != nil {
			t.Fatalf("%q parses, its String %q does not: %v", text, c, err)
		}
	})
}

func FuzzParseAction(f *testing.F) {
	f.Add("partition historical.hot-* from zookeeper direction to for 1.5x session_timeout")
	f.Add("partition historical from zookeeper direction from for 5s")
	f.Add("delay broker by 1ms jitter 2s")
	f.Fuzz(func(t *testing.T, text string) {
		a, err := scenario.ParseAction(text)
		if err != nil {
			return
		}
		b, err := scenario.ParseAction(a.String())
		if err != nil || b.String() != a.String() {
			t.Fatalf("%q reads as %q, which reads as %q, %v", text, a, b, err)
		}
	})
}
