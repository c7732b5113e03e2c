package scenario

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
)

// Form is an action as a step of a topology writes it: the whole of it in Do, as on the
// command line, or the verb in Do and the rest in keys of their own, or a mixture.
type Form struct {
	Do      string
	Target  string
	Between []string          // target and peer
	Keys    map[string]string // what the keys of clauses say, by their words
}

// FormOf takes the form out of a step of a topology, a struct whose TOML keys are named
// like the parts of an action. Some keys mean the moment of a step in other steps: skip
// and times where it repeats, and jitter where the verb takes none.
func FormOf(step any) Form {
	f := Form{Keys: map[string]string{}}
	v := reflect.ValueOf(step)
	repeats := false
	for i := range v.NumField() {
		key, field := v.Type().Field(i).Tag.Get("toml"), v.Field(i)
		switch key {
		case "do":
			f.Do = field.String()
		case target:
			f.Target = field.String()
		case "between":
			f.Between, _ = field.Interface().([]string)
		default:
			text, set := keyText(field)
			repeats = repeats || set && (key == "every" || key == "when")
			if set && isClause(key) {
				f.Keys[key] = text
			}
		}
	}
	if repeats {
		delete(f.Keys, "skip")
		delete(f.Keys, "times")
	}
	verb, _, _ := strings.Cut(strings.TrimSpace(f.Do), " ")
	if v, known := FindVerb(verb); known && !v.Takes("jitter") {
		delete(f.Keys, "jitter")
	}
	return f
}

// keyText is what a key says, as the clause's text would; set is false for one that is
// absent.
func keyText(field reflect.Value) (text string, set bool) {
	switch value := field.Interface().(type) {
	case nil:
		return "", false
	case string:
		return value, value != ""
	case int:
		return fmt.Sprint(value), value != 0
	case int64, float64, bool:
		return fmt.Sprint(value), true
	case fmt.Stringer: // a span
		set := reflect.Indirect(field).FieldByName("Set")
		return value.String(), set.IsValid() && set.Bool()
	default: // a table or an array
		text, err := json.Marshal(value)
		return string(text), err == nil
	}
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
		for _, c := range Clauses {
			r.clause(c)
		}
		r.sides()
		r.complete()
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
func (r *filler) applies(key, part, otherwise string) bool {
	switch {
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
		r.wrong("do", "what does it do? A step needs a verb, such as kill; oakmoot verbs lists them")
		return false
	}
	if _, known := FindVerb(words[0].text); !known {
		column := words[0].column
		if len(words) == 1 {
			column = 0 // the whole key is wrong
		}
		r.mistakes = append(r.mistakes, FormMistake{Key: "do", Index: -1, Column: column, Message: unknownVerb(words[0].text)})
		return false
	}
	var err error
	if r.action, r.parts, err = readAction(r.form.Do); err != nil {
		r.wrongSyntax("do", -1, 1, err)
	}
	return err == nil
}

// clause reads the key of a clause.
func (r *filler) clause(c Clause) {
	text, set := r.form.Keys[c.Word]
	if !set || c.Word == "from" || !r.applies(c.Word, c.Word, otherwise(r.action.Verb, c.Word)) {
		return
	}
	if err := r.action.say(c, text); err != nil {
		r.wrongSyntax(c.Word, -1, 0, err)
	}
}

// otherwise says why a clause has no meaning for a verb.
func otherwise(v Verb, clause string) string {
	switch clause {
	case "direction":
		return v.Name + " has no direction"
	case "for":
		return v.Name + " is over at once"
	}
	return fmt.Sprintf("%s takes no %q", v.Name, clause)
}

// complete reports what the action lacks.
func (r *filler) complete() {
	lacks := r.action.incomplete()
	switch {
	case len(r.mistakes) > 0 || lacks.message == "":
		return
	case lacks.part == "for":
		lacks.message = "what is over at once is nothing; without for it lasts until it is healed"
	case lacks.part == "by" && !r.action.Has("by"):
		lacks.message = r.action.Verb.Name + " needs by = \"200ms\" or so"
	}
	r.wrongPart(lacks.part, lacks.message)
}

// sides reads whom the action is done to: one selector, or two for what separates.
func (r *filler) sides() {
	f, verb := r.form, r.action.Verb
	between := len(f.Between) > 0
	if from, set := f.Keys["from"]; set && r.applies("from", "from", verb.Name+" has one target") {
		peer, ok := r.selector("from", -1, from, false)
		if between {
			r.wrong("from", "a step is from something or between two; this one has both")
			return
		}
		if ok {
			_ = r.action.say(clauseFrom, peer.String()) // it has been read already
		}
	}
	between = between && r.applies("between", "from", verb.Name+" has one target") && r.applies("between", target, "")
	switch {
	case between && f.Target != "":
		r.wrong("target", "a step has a target or is between two; this one has both")
		return
	case between && len(f.Between) != 2:
		r.wrong("between", "two sides are needed: between = [\"historical\", \"zookeeper\"]")
		return
	case between:
		r.action.Target, _ = r.selector("between", 0, f.Between[0], true)
		if peer, ok := r.selector("between", 1, f.Between[1], false); ok {
			_ = r.action.say(clauseFrom, peer.String())
		}
		return
	case len(f.Between) > 0:
		return
	}
	switch {
	case f.Target != "" && r.applies("target", target, ""):
		r.target(f.Target)
	case r.parts[target] > 0 && r.action.Name == "":
		r.named(r.action.Target, "do", -1, r.parts[target], true)
	case r.parts[target] > 0:
		if message := r.action.checkName(r.universe); message != "" {
			r.wrongPart(target, message)
		}
	case verb.On == OnNodes && verb.Takes("from") && f.Keys["from"] != "":
		ends := [2]string{f.Keys["from"], ZooKeeperName}
		if ends[0] == ZooKeeperName {
			ends[0] = "historical"
		}
		r.wrong("from", "%s needs both ends: between = [%q, %q]", verb.Name, ends[0], ends[1])
	case verb.On == OnNodes:
		r.wrong("target", "%s needs a target, such as \"coordinator@leader\"", verb.Name)
	}
	if column := r.parts["from"]; column > 0 {
		r.named(r.action.Peer(), "do", -1, column, false)
	}
}

// target reads the key that says whom the action is done to.
func (r *filler) target(text string) {
	switch r.action.Verb.On {
	case OnNodes, OnAny:
		r.action.Target, _ = r.selector("target", -1, text, true)
	case OnNothing:
		r.mistakes = append(r.mistakes, FormMistake{Key: "target", Index: -1, Extra: true, Message: r.action.Verb.Name + " takes none"})
	default:
		if err := r.action.readTarget(text); err != nil {
			r.wrongSyntax("target", -1, 0, err)
		} else if message := r.action.checkName(r.universe); message != "" {
			r.wrong("target", "%s", message)
		}
	}
}

// selector reads the selector of a key.
func (r *filler) selector(key string, index int, text string, isTarget bool) (s Selector, ok bool) {
	s, err := ParseSelector(text)
	switch {
	case isTarget && r.action.Verb.On == OnAny && IsFaultID(text):
		r.wrongSyntax(key, index, 0, errByID)
	case err != nil:
		r.wrongSyntax(key, index, 0, err)
	default:
		r.named(s, key, index, 0, isTarget)
	}
	return s, err == nil
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

// unknownVerb words a message about a word that is no verb.
func unknownVerb(word string) string {
	if near := Nearest(word, VerbNames()); near != "" {
		return fmt.Sprintf("unknown value %q; did you mean %q?", word, near)
	}
	return fmt.Sprintf("unknown value %q; oakmoot verbs lists the verbs", word)
}
