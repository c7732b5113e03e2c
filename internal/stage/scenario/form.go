package scenario

import (
	"fmt"
	"slices"
	"strings"
)

// Form is an action as a step of a topology writes it: the whole of it in Do, as on the
// command line, or the verb in Do and the rest in keys of their own, or a mixture.
type Form struct {
	Do              string
	Target          string
	Between         []string // target and peer
	Direction       string
	By, Jitter, For Span
}

// FormMistake is something wrong in one key of a form.
type FormMistake struct {
	Key     string
	Index   int    // in between; -1 for the whole key
	Column  int    // inside the key's string, in bytes from 1; 0 for all of it
	Extra   bool   // the key has no meaning here
	Message string // of an extra key, why
}

// filler fills in an action key by key and notes what is wrong.
type filler struct {
	form     Form
	universe Universe
	action   Action
	parts    map[string]int // the columns at which do gives parts of the action
	mistakes []FormMistake
}

// Read is the action that a form means among the nodes of a universe, and everything
// that is wrong with it.
func (f Form) Read(u Universe) (Action, []FormMistake) {
	r := filler{form: f, universe: u}
	if r.do() {
		r.direction()
		r.span("by", f.By, &r.action.By, fmt.Sprintf("%s takes no %q", r.action.Verb.Name, "by"))
		r.span("jitter", f.Jitter, &r.action.Jitter, fmt.Sprintf("%s takes no %q", r.action.Verb.Name, "jitter"))
		r.span("for", f.For, &r.action.For, r.action.Verb.Name+" is over at once")
		r.times()
		r.sides()
	}
	return r.action, r.mistakes
}

func (r *filler) wrong(key, format string, args ...any) {
	r.mistakes = append(r.mistakes, FormMistake{Key: key, Index: -1, Message: fmt.Sprintf(format, args...)})
}

// wrongPart is wrong for a part of the action, which stands in do or has a key.
func (r *filler) wrongPart(part, message string) {
	m := FormMistake{Key: part, Index: -1, Message: message}
	if column := r.parts[part]; column > 0 {
		m.Key, m.Column = "do", column
	}
	r.mistakes = append(r.mistakes, m)
}

// wrongSyntax is wrong for a text with a grammar of its own, which begins at a column of
// the key's string.
func (r *filler) wrongSyntax(key string, index, column int, err error) {
	m := FormMistake{Key: key, Index: index, Column: column, Message: err.Error()}
	if syntax, ok := err.(*SyntaxError); ok {
		m.Message, m.Column = syntax.Message, max(column, 1)+syntax.Column-1
	}
	r.mistakes = append(r.mistakes, m)
}

// applies reports whether a key that is set can give a part of the action: the verb takes
// it, and do does not give it.
func (r *filler) applies(key, part string, set bool, otherwise string) bool {
	switch {
	case !set:
		return false
	case part != target && !r.action.Verb.Takes(part):
		r.mistakes = append(r.mistakes, FormMistake{Key: key, Index: -1, Extra: true, Message: otherwise})
		return false
	case r.parts[part] > 0:
		r.mistakes = append(r.mistakes, FormMistake{Key: key, Index: -1, Extra: true, Message: fmt.Sprintf("do has a %s of its own: %q", partName(part), r.form.Do)})
		return false
	}
	return true
}

// partName is a part of an action for people.
func partName(part string) string {
	if part == target || part == "direction" {
		return part
	}
	return fmt.Sprintf("%q", part)
}

// do reads the verb and what stands behind it, and reports whether the keys can be read
// on top of that.
func (r *filler) do() bool {
	words := splitWords(r.form.Do)
	if len(words) == 0 {
		r.wrong("do", "what does it do? A step needs one of %s", strings.Join(VerbsHere(), ", "))
		return false
	}
	verb := words[0].text
	v, known := FindVerb(verb)
	switch {
	case !known:
		r.wrong("do", "%s", unknownValue(verb, VerbsHere()))
		return false
	case !v.Here:
		r.wrong("do", "%s is not carried out by this version", verb)
		return false
	}
	var err error
	if r.action, r.parts, err = readAction(r.form.Do); err != nil {
		r.wrongSyntax("do", -1, 1, err)
	}
	return err == nil
}

func (r *filler) direction() {
	d := r.form.Direction
	if !r.applies("direction", "direction", d != "", r.action.Verb.Name+" has no direction") {
		return
	}
	if !slices.Contains(Directions, d) {
		r.wrong("direction", "%s", unknownValue(d, Directions))
	}
	r.action.Direction = d
}

func (r *filler) span(key string, s Span, into *Span, otherwise string) {
	if r.applies(key, key, s.Set, otherwise) {
		*into = s
	}
}

// times checks the action's spans.
func (r *filler) times() {
	a := r.action
	switch {
	case a.Verb.Needs == "by" && !a.By.Set:
		r.wrong("by", "%s needs by = \"200ms\" or so", a.Verb.Name)
	case a.By.Set && a.By.Zero() && a.Jitter.Zero():
		r.wrongPart("by", byNothing(a.Verb))
	}
	if a.For.Set && a.For.Zero() {
		r.wrongPart("for", "what is over at once is nothing; without for it lasts until it is healed")
	}
}

// sides reads whom the action is done to: one selector, or two for what separates.
func (r *filler) sides() {
	f, verb := r.form, r.action.Verb
	between := r.applies("between", "from", len(f.Between) > 0, verb.Name+" has one target") &&
		r.applies("between", target, true, "")
	switch {
	case between && f.Target != "":
		r.wrong("target", "a step has a target or is between two; this one has both")
		return
	case between && len(f.Between) != 2:
		r.wrong("between", "two sides are needed: between = [\"historical\", \"zookeeper\"]")
		return
	case between:
		r.action.Target = r.selector("between", 0, f.Between[0], true)
		r.action.Peer = r.selector("between", 1, f.Between[1], false)
		return
	case len(f.Between) > 0:
		return
	}
	switch {
	case r.applies("target", target, f.Target != "", ""):
		r.action.Target = r.selector("target", -1, f.Target, true)
	case r.parts[target] > 0:
		r.named(r.action.Target, "do", -1, r.parts[target], true)
	case !verb.NoTarget:
		r.wrong("target", "%s needs a target, such as \"coordinator@leader\"", verb.Name)
	}
	if column := r.parts["from"]; column > 0 {
		r.named(r.action.Peer, "do", -1, column, false)
	}
}

// selector reads the selector of a key.
func (r *filler) selector(key string, index int, text string, isTarget bool) Selector {
	s, err := ParseSelector(text)
	switch {
	case isTarget && r.action.Verb.ByID && IsFaultID(text):
		r.wrongSyntax(key, index, 0, errByID)
	case err != nil:
		r.wrongSyntax(key, index, 0, err)
	default:
		r.named(s, key, index, 0, isTarget)
	}
	return s
}

// errByID is the error for a fault's id in a topology.
var errByID = fmt.Errorf("a step heals nodes, not a fault by its id: ids are given while the cluster runs")

// named demands that a selector can mean somebody to whom the action can be done.
func (r *filler) named(s Selector, key string, index, column int, isTarget bool) {
	switch err := s.Check(r.universe); {
	case err != nil:
		r.wrongSyntax(key, index, column, err)
	case isTarget && r.action.ID != "":
		r.wrongSyntax(key, index, column, errByID)
	case isTarget && s.ZooKeeper():
		r.wrongSyntax(key, index, column, fmt.Errorf("%s is done to nodes; ZooKeeper can only be what they are separated from", r.action.Verb.Name))
	}
}

// unknownValue words a message about a value that is none of the known ones.
func unknownValue(value string, known []string) string {
	if near := Nearest(value, known); near != "" {
		return fmt.Sprintf("unknown value %q; did you mean %q?", value, near)
	}
	return fmt.Sprintf("unknown value %q; known are %s", value, strings.Join(known, ", "))
}
