package topology

import (
	"slices"
	"strconv"
	"strings"

	rows "oakmoot/internal/rows/query"
	"oakmoot/internal/stage/answer"
	"oakmoot/internal/stage/scenario"
	"oakmoot/internal/stage/tomldoc"
)

func (c *checker) expects() {
	for i, e := range c.topo.Expects {
		c.expect(i, e)
	}
}

func (c *checker) expect(i int, e Expect) {
	path := func(key string) tomldoc.Path { return at("expect", i, key) }
	if e.Asks() {
		c.asks(i, e)
		return
	}
	c.meaningless(path("answer"), e.Answer != nil, "it is what a query is answered with, and there is none")
	c.meaningless(path("answer_file"), e.AnswerFile != "", "it is what a query is answered with, and there is none")
	var said []string
	for key, text := range map[string]string{"always": e.Always, "eventually": e.Eventually, "never": e.Never} {
		if text != "" {
			said = append(said, key)
		}
	}
	slices.Sort(said)
	switch {
	case len(said) == 0:
		c.add(path("always"), "what is expected? An expectation needs always, eventually or never, or query and answer")
		return
	case len(said) > 1:
		c.add(path(said[1]), "an expectation holds always, eventually or never; this one has %s", strings.Join(said, " and "))
		return
	}
	c.unless(e.Eventually != "", path("within"), e.Within.Set, "it limits what holds \"eventually\"")
	c.unless(e.Eventually != "", path("since"), e.Since != "", "it is where the time of \"eventually\" begins")
	c.span(i, e)
	pointless := scenario.Never
	if e.Never != "" {
		pointless = scenario.Always
	}
	c.condition(path(said[0]), e.Always+e.Eventually+e.Never, pointless)
}

// span checks the time that an expectation has.
func (c *checker) span(i int, e Expect) {
	c.required(at("expect", i, "within"), !e.Within.Zero() || !e.Within.Set, "nothing comes to hold within no time")
	c.ends(at("expect", i, "within"), e.Within)
	if e.Since != "" {
		c.since(at("expect", i, "since"), e.Since)
	}
}

// asks checks an expectation of a whole answer.
func (c *checker) asks(i int, e Expect) {
	path := func(key string) tomldoc.Path { return at("expect", i, key) }
	for key, text := range map[string]string{"always": e.Always, "eventually": e.Eventually, "never": e.Never} {
		c.meaningless(path(key), text != "", "the answer to a query is expected eventually")
	}
	c.unless(e.Query == nil, path("query_file"), e.QueryFile != "", "the query stands in the topology itself")
	c.unless(e.Answer == nil, path("answer_file"), e.AnswerFile != "", "the answer stands in the topology itself")
	c.span(i, e)
	key := func(inline any, name string) string {
		if inline == nil {
			return name + "_file"
		}
		return name
	}
	query, err := answer.Source{Value: e.Query, File: e.QueryFile}.Query()
	c.addSyntax(path(key(e.Query, "query")), err)
	if err == nil {
		c.query(path(key(e.Query, "query")), e, query)
	}
	if e.Answer == nil && e.AnswerFile == "" {
		c.add(path("answer"), "what is the answer? A query needs answer or answer_file")
		return
	}
	_, err = answer.Source{Value: e.Answer, File: e.AnswerFile}.Rows()
	c.addSyntax(path(key(e.Answer, "answer")), err)
}

// query checks whether a query can be answered.
func (c *checker) query(path tomldoc.Path, e Expect, q answer.Query) {
	text, _ := e.Query.(string)
	for _, name := range q.DataSources {
		if slices.Contains(c.universe.DataSources, name) {
			continue
		}
		message := unknownNode("datasource", name, c.universe.DataSources)
		if _, table := e.Query.(map[string]any); table {
			path = slices.Concat(path, at("dataSource"))
		}
		c.doc.AddAt(path, strings.Index(text, strconv.Quote(name))+2, message)
		return
	}
	ours, theirs := false, false
	for _, p := range slices.Concat(c.places, c.topo.ScaledPlaces()) {
		ours = ours || p.Role.Kind == "broker" && !p.Role.External
		theirs = theirs || p.Role.Kind == "broker" && p.Role.External
	}
	switch _, err := rows.Parse(q.Text); {
	case !ours && !theirs && c.rolesKnown():
		c.add(path, "nobody answers it: there is no broker in this cluster")
	case err != nil && !theirs: // another broker may know more
		c.add(path, "a broker refuses it: %v", err)
	}
}

// since checks where the time of an expectation begins.
func (c *checker) since(path tomldoc.Path, since string) {
	name, step := strings.CutPrefix(since, "step:")
	if !step {
		c.oneOf(path, since, "last_fault", "ready", "step:NAME")
		return
	}
	if known := c.otherSteps(-1); !slices.Contains(known, name) {
		c.addSyntax(path, &scenario.SyntaxError{Text: since, Column: len("step:") + 1, Message: unknownNode("step", name, known)})
	}
}
