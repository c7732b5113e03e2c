package main

import (
	"testing"

	"oakmoot/internal/run/museum"
	"oakmoot/internal/stage/scenario"
)

func selectorsReference(*testing.T, string) string {
	tab := newTable("selector", "picks")
	for _, form := range scenario.SelectorForms {
		tab.row(code(form[0]), form[1])
	}
	return tab.String()
}

func verbsReference(*testing.T, string) string {
	tab := newTable("verb", "does")
	for _, v := range scenario.Verbs {
		tab.row(code(v.Usage()), v.Does)
	}
	return tab.String()
}

func clausesReference(*testing.T, string) string {
	tab := newTable("clause", "says")
	for _, c := range scenario.Clauses {
		tab.row(code(c.Usage()), c.Does)
	}
	return tab.String()
}

func eventsReference(*testing.T, string) string {
	tab := newTable("event", "happens when")
	for _, s := range scenario.Triggers {
		tab.row(code(s.Usage()), s.Does)
	}
	return tab.String()
}

func functionsReference(*testing.T, string) string {
	tab := newTable("function", "is the number of")
	for _, f := range scenario.Functions {
		tab.row(code(f.Usage()), f.Does)
	}
	return tab.String()
}

func museumReference(*testing.T, string) string {
	tab := newTable("bug", "of", "such a node", "reported as")
	for _, e := range museum.Exhibits {
		tab.row("["+string(e.Switch)+"](../../examples/museum/"+string(e.Switch)+".toml)", list(e.Kinds), e.Does, e.Source)
	}
	return tab.String()
}
