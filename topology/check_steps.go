package topology

import (
	"strings"
	"time"

	"oakmoot/internal/stage/scenario"
	"oakmoot/internal/stage/tomldoc"
)

func (c *checker) steps() {
	taken := map[string]bool{}
	for i, s := range c.topo.Steps {
		if taken[s.Name] && s.Name != "" {
			c.add(at("step", i, "name"), "there is another step of the name %q", s.Name)
		}
		taken[s.Name] = true
	}
	for i, s := range c.topo.Steps {
		c.moment(i, s)
		c.action(i, s)
	}
	c.circles()
}

// moment checks when a step happens, and how often.
func (c *checker) moment(i int, s Step) {
	path := func(key string) tomldoc.Path { return at("step", i, key) }
	var triggers []string
	for _, t := range []struct {
		key string
		set bool
	}{{"at", s.At.Set}, {"every", s.Every.Set}, {"when", s.When != ""}} {
		if t.set {
			triggers = append(triggers, t.key)
		}
	}
	if len(triggers) > 1 {
		c.add(path(triggers[1]), "a step happens at, every or when; this one has %s", strings.Join(triggers, " and "))
		return
	}
	if len(triggers) == 0 && !c.doc.Has(path("at")) && !c.doc.Has(path("every")) && !c.doc.Has(path("when")) {
		c.add(path("at"), "when does it happen? A step needs at, every or when")
	}
	session := c.topo.ZooKeeper.SessionTimeout.Duration
	limit := c.limit()
	if s.At.Set && limit > 0 && s.At.In(session) >= limit && !s.Optional {
		c.add(path("at"), "the run is over by then: run_for is %v; optional = true lets a step be left out", limit)
	}
	if s.Every.Set && limit > 0 && s.Every.In(session) >= limit && !s.Optional {
		c.add(path("every"), "the run is over by then: run_for is %v; optional = true lets a step be left out", limit)
	} else {
		c.skipped(i, s)
	}
	c.required(path("every"), !s.Every.Set || s.Every.In(session) >= shortestEvery, "a step is repeated every "+shortestEvery.String()+" at most")
	c.repetition(i, s)
	if s.When != "" {
		trigger, err := scenario.ParseTrigger(s.When)
		switch {
		case err != nil:
		case trigger.Source.Name == "step" && trigger.Subject == s.Name:
			err = &scenario.SyntaxError{Text: s.When, Column: len("step:") + 1, Message: "a step cannot wait for itself"}
		default:
			if err = trigger.Check(c.universe, c.otherSteps(i)); err == nil {
				err = foregone(trigger.Condition, c.universe, scenario.Never)
			}
		}
		c.addSyntax(path("when"), err)
	}
	c.follows(i, s)
	if s.Every.Set && s.Times == 0 && s.Until == "" && limit == 0 && c.topo.End != "" {
		c.add(path("every"), "a run never settles while this is repeated: give it times or until, or the run run_for")
	}
}

// skipped demands that a repeated step does not skip all of its times.
func (c *checker) skipped(i int, s Step) {
	every := s.Every.In(c.topo.ZooKeeper.SessionTimeout.Duration)
	if every <= 0 || s.Skip <= 0 || s.Optional {
		return
	}
	for _, end := range []struct {
		key   string
		after time.Duration
	}{{"run_for", c.limit()}, {"until", c.until(s)}} {
		if times := (end.after - 1) / every; end.after > every && time.Duration(s.Skip) >= times {
			c.add(at("step", i, "skip"), "it skips all of its times: %s = %v leaves %d of them; optional = true lets a step be left out", end.key, end.after, times)
			return
		}
	}
}

// until is the time after which a step is not repeated, or 0.
func (c *checker) until(s Step) time.Duration {
	span, _ := scenario.ParseSpan(s.Until) // it may be a condition
	return span.In(c.topo.ZooKeeper.SessionTimeout.Duration)
}

// limit is how long the run is, or 0 if the file does not say.
func (c *checker) limit() time.Duration {
	return c.written.RunFor.In(c.topo.ZooKeeper.SessionTimeout.Duration)
}

// ends demands of a time that it is over before the run is.
func (c *checker) ends(path tomldoc.Path, within Span) {
	if limit := c.limit(); limit > 0 && within.In(c.topo.ZooKeeper.SessionTimeout.Duration) > limit {
		c.add(path, "the run is over by then: run_for is %v", limit)
	}
}

// circles reports steps that wait for each other, of which none ever happens.
func (c *checker) circles() {
	awaited := map[string]string{} // by the name of the step that waits
	places := map[string]int{}
	for i, s := range c.topo.Steps {
		if t, err := scenario.ParseTrigger(s.When); err == nil && t.Source.Name == "step" && s.Name != "" && t.Subject != s.Name {
			awaited[s.Name], places[s.Name] = t.Subject, i
		}
	}
	told := map[string]bool{}
	for _, s := range c.topo.Steps {
		circle := []string{s.Name}
		for next := awaited[s.Name]; next != "" && !told[next] && len(circle) <= len(awaited); next = awaited[next] {
			circle = append(circle, next)
			if next != s.Name {
				continue
			}
			for _, name := range circle {
				told[name] = true
			}
			c.doc.AddAt(at("step", places[s.Name], "when"), len("step:")+1, "these steps wait for each other, so that none of them happens: "+strings.Join(circle, " → "))
			break
		}
	}
}

// shortestEvery is the shortest period of a step: below, nothing but the step happens.
const shortestEvery = 10 * time.Millisecond

// repetition checks how often a step happens.
func (c *checker) repetition(i int, s Step) {
	path := func(key string) tomldoc.Path { return at("step", i, key) }
	repeats := s.When != "" || s.Every.Set
	verb, known := scenario.FindVerb(firstWord(s.Do))
	meets := func(clause string) bool { return !known || verb.Takes(clause) }
	c.unless(s.When != "", path("after"), s.After.Set, "it delays what happens \"when\"")
	if !s.Optional {
		c.ends(path("after"), s.After)
	}
	c.unless(repeats || meets("skip"), path("skip"), s.Skip != 0, "it counts what happens \"when\"")
	c.unless(repeats || meets("times"), path("times"), s.Times != 0, "the step happens once")
	c.unless(repeats, path("until"), s.Until != "", "the step happens once")
	c.required(path("skip"), s.Skip >= 0, "nothing can be skipped a negative number of times")
	c.required(path("times"), s.Times >= 0, "nothing happens a negative number of times")
	if s.Times == 0 && c.doc.Sets(path("times")) {
		c.add(path("times"), "a step that is done no time does nothing")
	}
	if s.Probability != nil {
		if _, err := scenario.ParseShare(s.Probability); err != nil {
			c.add(path("probability"), "%s", err)
		}
	}
	if s.Until == "" {
		return
	}
	if span, err := scenario.ParseSpan(s.Until); err == nil {
		session := c.topo.ZooKeeper.SessionTimeout.Duration
		d, every := span.In(session), s.Every.In(session)
		c.required(path("until"), d > 0, "it is over before it begins")
		if d > 0 && d <= every {
			c.add(path("until"), "it is over before it begins: every is %v, so that the first time is after %v", every, every)
		}
		return
	}
	if _, err := time.ParseDuration(s.Until); err == nil { // negative, or zero without a unit
		c.add(path("until"), "it is over before it begins")
		return
	}
	c.condition(path("until"), s.Until, scenario.Never)
}

// follows checks what has to follow a step.
func (c *checker) follows(i int, s Step) {
	path := func(key string) tomldoc.Path { return at("step", i, key) }
	c.unless(s.Then != "", path("within"), s.Within.Set, "it limits what is to hold \"then\"")
	c.required(path("within"), !s.Within.Zero() || !s.Within.Set, "nothing comes to hold within no time")
	c.ends(path("within"), s.Within)
	if s.Then != "" {
		c.condition(path("then"), s.Then, scenario.Never)
	}
}

// condition checks a condition in the value of a key, and that it does not have an outcome
// which makes the file pointless.
func (c *checker) condition(path tomldoc.Path, text string, pointless scenario.Outcome) {
	condition, err := scenario.ParseCondition(text)
	if err == nil {
		err = condition.Check(c.universe)
	}
	if err == nil {
		err = foregone(condition, c.universe, pointless)
	}
	c.addSyntax(path, err)
}

// foregone is a mistake if a condition is known to have an outcome.
func foregone(condition scenario.Condition, u scenario.Universe, pointless scenario.Outcome) error {
	if outcome, remarks := condition.Foregone(u); outcome == pointless && len(remarks) > 0 {
		return remarks[0]
	}
	return nil
}

// otherSteps are the names of the steps beside one.
func (c *checker) otherSteps(i int) []string {
	names := []string{}
	for k, s := range c.topo.Steps {
		if k != i && s.Name != "" {
			names = append(names, s.Name)
		}
	}
	return names
}

func firstWord(text string) string {
	word, _, _ := strings.Cut(strings.TrimSpace(text), " ")
	return word
}
