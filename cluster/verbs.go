package cluster

import (
	"slices"

	"oakmoot/internal/stage/kinds"
	"oakmoot/internal/stage/scenario"
)

// VerbWord is a verb of the fault language, for programs that offer it.
type VerbWord struct {
	Name    string   `json:"name"`
	Usage   string   `json:"usage"`
	Help    string   `json:"help"`
	Kinds   []string `json:"kinds"` // of nodes that it means something to
	Aims    string   `json:"aims"`  // node | link | zookeeper | segment | task | cluster
	Example string   `json:"example"`
}

// Verbs are the verbs of the fault language.
func Verbs() []VerbWord {
	words := []VerbWord{}
	for _, v := range scenario.Verbs {
		words = append(words, VerbWord{Name: v.Name, Usage: v.Usage(), Help: v.Does, Kinds: meantFor(v), Aims: v.Aims(), Example: v.Example()})
	}
	return words
}

// meantFor are the kinds of nodes that a verb means something to.
func meantFor(v scenario.Verb) []string {
	switch {
	case v.On != scenario.OnNodes && v.On != scenario.OnAny:
		return []string{}
	case v.Of != "":
		return []string{v.Of}
	}
	all := kinds.Names(func(k kinds.Kind) bool { return !k.Outside })
	slices.Sort(all)
	return all
}
