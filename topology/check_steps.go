package topology

import (
	"slices"
	"strings"

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
}

// moment checks when a step happens.
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
	if limit := c.topo.RunFor.Duration; s.At.Set && limit > 0 && s.At.Duration >= limit && !s.Optional {
		c.add(path("at"), "the run is over by then: run_for is %v; optional = true lets a step be left out", limit)
	}
	c.unless(s.When != "", path("after"), s.After.Set, "it delays what happens \"when\"")
	c.unless(s.When != "", path("skip"), s.Skip != 0, "it counts what happens \"when\"")
	c.unless(s.When != "" || s.Every.Set, path("times"), s.Times != 0, "the step happens once")
	c.required(path("skip"), s.Skip >= 0, "nothing can be skipped a negative number of times")
	c.required(path("times"), s.Times >= 0, "nothing happens a negative number of times")
	if s.Every.Set {
		c.add(path("every"), "repeated steps are not carried out by this version; only \"at\" is")
	}
	if s.When == "" {
		return
	}
	trigger, err := scenario.ParseTrigger(s.When)
	if err == nil {
		err = c.subject(trigger)
	}
	if c.addSyntax(path("when"), err); err == nil {
		c.add(path("when"), "triggers are not carried out by this version; only \"at\" is")
	}
}

// nodes are the names of the nodes.
func (c *checker) nodes() []string {
	names := make([]string, len(c.places))
	for i, p := range c.places {
		names[i] = p.Name
	}
	return names
}

// subject demands that a trigger's subject exists.
func (c *checker) subject(t scenario.Trigger) error {
	var what string
	var known []string
	switch t.Source {
	case "leader":
		what, known = "kind that elects a leader", c.universe.Elect
	case "role", "session":
		what, known = "node", c.nodes()
	case "segment":
		what, known = "datasource", c.universe.DataSources
	case "step":
		what = "step"
		for _, s := range c.topo.Steps {
			known = append(known, s.Name)
		}
	default:
		return nil
	}
	if t.Subject == "*" || slices.Contains(known, t.Subject) {
		return nil
	}
	return &scenario.SyntaxError{Text: t.Subject, Column: len(t.Source) + 2, Message: unknownNode(what, t.Subject, known)}
}

// action checks what a step does, and to whom.
func (c *checker) action(i int, s Step) {
	_, mistakes := scenario.FormOf(s).Read(c.universe)
	for _, m := range mistakes {
		path := at("step", i, m.Key)
		if m.Index >= 0 {
			path = append(path, m.Index)
		}
		if m.Extra {
			c.meaningless(path, true, m.Message)
			continue
		}
		c.doc.AddAt(path, m.Column, m.Message)
	}
}

func (c *checker) expects() {
	for i, e := range c.topo.Expects {
		path := func(key string) tomldoc.Path { return at("expect", i, key) }
		key, text := "always", e.Always
		if e.Eventually != "" {
			key, text = "eventually", e.Eventually
		}
		switch {
		case text == "":
			c.add(path("always"), "what is expected? An expectation needs always or eventually")
			continue
		case e.Always != "" && e.Eventually != "":
			c.add(path("eventually"), "an expectation holds always or eventually; this one has both")
			continue
		}
		c.unless(e.Eventually != "", path("within"), e.Within.Set, "it limits what holds \"eventually\"")
		c.required(path("within"), e.Within.Duration > 0 || !e.Within.Set, "nothing comes to hold within no time")
		c.unless(e.Eventually != "", path("since"), e.Since != "", "it is where the time of \"eventually\" begins")
		if e.Since != "" {
			c.oneOf(path("since"), e.Since, "last_fault")
		}
		condition, err := scenario.ParseCondition(text)
		if err == nil {
			err = condition.Check(c.universe)
		}
		c.addSyntax(path(key), err)
	}
}
