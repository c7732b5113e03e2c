package scenario

import (
	"slices"
	"strings"
)

// Usage is how the verb is written: what may be left out is in brackets.
func (v Verb) Usage() string {
	parts := []string{v.Name}
	switch v.On {
	case OnNodes:
		parts = append(parts, "SELECTOR")
	case OnAny:
		parts = append(parts, "[ID|SELECTOR]")
	case OnKind:
		parts = append(parts, "KIND")
	case OnDataSource:
		parts = append(parts, "DATASOURCE")
	}
	for _, c := range Clauses {
		switch {
		case !v.Takes(c.Word), slices.Contains(v.eitherOr, c.Word):
		case v.needs(c.Word):
			parts = append(parts, c.Usage())
		default:
			parts = append(parts, "["+c.Usage()+"]")
		}
		if len(v.eitherOr) > 0 && c.Word == v.eitherOr[0] {
			parts = append(parts, v.alternatives())
		}
	}
	return strings.Join(parts, " ")
}

// alternatives are the clauses of which one must be there.
func (v Verb) alternatives() string {
	var either []string
	for _, word := range v.eitherOr {
		c, _ := FindClause(word)
		either = append(either, c.Usage())
	}
	return "(" + strings.Join(either, " | ") + ")"
}

// Usage is how the clause is written.
func (c Clause) Usage() string { return c.Word + " " + c.Takes }

// Usage is how the function is called.
func (f Function) Usage() string {
	kinds := make([]string, len(f.Args))
	for i, a := range f.Args {
		kinds[i] = strings.ToUpper(string(a))
	}
	return f.Name + "(" + strings.Join(kinds, ", ") + ")"
}

// Usage is how the event is written.
func (s TriggerSource) Usage() string {
	if s.Events == nil {
		return s.Name + ":" + strings.Join(TriggerOps, "|") + " GLOB"
	}
	return s.Name + ":" + s.Subject + " " + strings.Join(s.Events, "|")
}

// SelectorForms is how nodes are picked, for people: what is written, and whom it means.
var SelectorForms = [][2]string{
	{"historical-1", "the node of that name"},
	{"historical", "every node of the kind"},
	{"historical.hot-*", "those of the kind whose names match"},
	{"coordinator@leader", "the one that leads; for coordinator and overlord"},
	{"coordinator@follower", "those that run and do not lead"},
	{"historical@any", "one of the kind, drawn from the seed; historical@all is every one"},
	{"*", "every node"},
	{"zookeeper", "ZooKeeper itself, where a verb separates nodes from it"},
	{"historical, !historical-1", "a comma joins, and ! takes away"},
}
