package scenario

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Action is something to do to a cluster: the do of a step, or the argument of the
// fault command.
//
//	kill coordinator@leader for 20s
//	partition historical.hot-* from zookeeper direction to for 1.5x session_timeout
//	delay broker by 200ms jitter 50ms for 10s
//	zk_drop_reply coordinator@leader op create path /druid/loadQueue/** times 2
//	heal
//	heal f3
type Action struct {
	Verb   Verb
	Target Selector
	ID     string         // of the fault to heal
	Name   string         // the kind or datasource that the verb is done to
	said   map[string]any // what its clauses say, by their words
	texts  map[string]string
}

// Has reports whether the action has a clause.
func (a Action) Has(clause string) bool { _, has := a.said[clause]; return has }

// Span is what a clause says that takes a length of time; the zero Span without it.
func (a Action) Span(clause string) Span { s, _ := a.said[clause].(Span); return s }

// Peer is the other end that the action names; empty is everybody.
func (a Action) Peer() Selector { s, _ := a.said["from"].(Selector); return s }

// Word is what a clause says that takes a word or a text; "" without it.
func (a Action) Word(clause string) string { s, _ := a.said[clause].(string); return s }

// Count is what a clause says that takes a whole number; otherwise without it.
func (a Action) Count(clause string, otherwise int) int {
	if n, has := a.said[clause].(int); has {
		return n
	}
	return otherwise
}

// Share is the share of what matches that is met: 1 when the action does not say.
func (a Action) Share() float64 {
	if share, has := a.said["share"].(float64); has {
		return share
	}
	return 1
}

// Factor is what a clause says that takes a factor; 0 without it.
func (a Action) Factor(clause string) float64 { f, _ := a.said[clause].(float64); return f }

// For is how long the action lasts; not set, it lasts until it is healed.
func (a Action) For() Span { return a.Span("for") }

// Times is how often the action meets something: 0 is without a limit. A verb that meets
// single requests meets one, unless the action says how many or for how long.
func (a Action) Times() int {
	if a.Verb.Once && !a.Has("times") && !a.Has("for") {
		return 1
	}
	return a.Count("times", 0)
}

// say notes what a clause says.
func (a *Action) say(c Clause, text string) error {
	value, err := c.read(text)
	if err != nil {
		return err
	}
	if a.said == nil {
		a.said, a.texts = map[string]any{}, map[string]string{}
	}
	a.said[c.Word], a.texts[c.Word] = value, text
	return nil
}

// ParseAction reads an action. Names are checked by Check, against a cluster.
func ParseAction(text string) (Action, error) {
	a, _, err := readAction(text)
	if err != nil {
		return a, err
	}
	if m := a.incomplete(); m.message != "" {
		return a, &SyntaxError{Text: text, Column: len(text) + 1, Message: m.message}
	}
	return a, nil
}

// target is the word for an action's target among its parts; the others go by the words
// that their clauses begin with.
const target = "target"

// readAction reads what a text says of an action, whether or not something is missing,
// and the columns at which what it says of each part stands.
func readAction(text string) (a Action, parts map[string]int, err error) {
	words := splitWords(text)
	if len(words) == 0 {
		return a, nil, &SyntaxError{Text: text, Column: 1, Message: "nothing to do"}
	}
	verb, ok := FindVerb(words[0].text)
	if !ok {
		return a, nil, &SyntaxError{Text: text, Column: words[0].column, Message: unknown("verb", words[0].text, VerbNames())}
	}
	a.Verb, parts = verb, map[string]int{}
	rest := words[1:]
	if n := untilClause(rest); n > 0 {
		parts[target] = rest[0].column
		if err := a.readTarget(joinWords(rest[:n])); err != nil {
			return a, parts, at(text, rest[0].column, err)
		}
		rest = rest[n:]
	}
	for len(rest) > 0 {
		clause, _ := FindClause(rest[0].text)
		n, word := clauseLength(clause, rest), rest[0].text
		if parts[word] > 0 {
			return a, parts, &SyntaxError{Text: text, Column: rest[0].column, Message: fmt.Sprintf("%q stands here for the second time", word)}
		}
		parts[word] = rest[min(1, n-1)].column
		argument := joinWords(rest[1:n])
		if clause.rest && n > 1 {
			argument = text[rest[1].column-1:]
		}
		if err := a.readClause(word, argument); err != nil {
			return a, parts, at(text, rest[0].column, err)
		}
		rest = rest[n:]
	}
	return a, parts, nil
}

// clauseLength is how many words belong to the clause that begins here. A direction is
// one word, even when that word begins a clause elsewhere: "direction from".
func clauseLength(c Clause, words []word) int {
	switch {
	case c.rest:
		return len(words)
	case c.Word == "direction" && len(words) > 1 && slices.Contains(Directions, words[1].text):
		return 2
	}
	return 1 + untilClause(words[1:])
}

func (a *Action) readTarget(text string) (err error) {
	switch a.Verb.On {
	case OnAny:
		if IsFaultID(text) {
			a.ID = text
			return nil
		}
	case OnKind, OnDataSource:
		a.Name = text
		if strings.ContainsAny(text, " \t") {
			return fmt.Errorf("%s takes one %s, not %q", a.Verb.Name, a.Verb.On, text)
		}
		return nil
	case OnNothing:
		return fmt.Errorf("%s takes no target", a.Verb.Name)
	}
	a.Target, err = ParseSelector(text)
	return err
}

func (a *Action) readClause(name, argument string) error {
	clause, known := FindClause(name)
	if !known { // behind a direction, which is one word
		return fmt.Errorf("%q cannot stand here", name)
	}
	if !a.Verb.Takes(name) {
		return fmt.Errorf("%s takes no %q", a.Verb.Name, name)
	}
	if argument == "" {
		return fmt.Errorf("something is missing after %q", name)
	}
	return a.say(clause, argument)
}

// lack is what an action lacks, and the part in which it is amiss.
type lack struct{ part, message string }

// incomplete is what an action lacks, if anything.
func (a *Action) incomplete() lack {
	switch {
	case a.Verb.On == OnNodes && a.Target.Empty():
		return lack{target, a.Verb.Name + " needs a target, such as coordinator@leader"}
	case a.Verb.On == OnKind && a.Name == "":
		return lack{target, a.Verb.Name + " needs a kind, such as historical"}
	case a.Verb.On == OnDataSource && a.Name == "":
		return lack{target, a.Verb.Name + " needs a datasource"}
	}
	for _, need := range a.Verb.Needs {
		if !a.Has(need) {
			return lack{need, needs(a.Verb, need)}
		}
	}
	switch {
	case a.Has("by") && a.Span("by").Zero() && a.Span("jitter").Zero():
		return lack{"by", byNothing(a.Verb)}
	case a.Has("for") && a.For().Zero():
		return lack{"for", "what is over at once is nothing: \"for\" needs some time"}
	case a.Verb.eitherOr != nil && !slices.ContainsFunc(a.Verb.eitherOr, a.Has):
		return lack{a.Verb.eitherOr[0], fmt.Sprintf("%s needs \"%s\"", a.Verb.Name, strings.Join(a.Verb.eitherOr, "\" or \""))}
	}
	return a.rightClock()
}

// needs words that a verb needs a clause.
func needs(v Verb, need string) string {
	clause, _ := FindClause(need)
	what := map[string]string{"SPAN": "a duration", "SIZE": "a size", "N": "a number", "GLOB": "a pattern of paths", "JSON": "JSON",
		"CODE": "an error code", "STATUS": "an HTTP status", "SHARE": "a share"}[clause.Takes]
	if what == "" {
		what = clause.Takes
	}
	return fmt.Sprintf("%s needs %q and %s", v.Name, need, what)
}

// byNothing words that a verb by no time does nothing.
func byNothing(v Verb) string {
	if strings.HasSuffix(v.Name, "delay") {
		return fmt.Sprintf("a %s by no time delays nothing", v.Name)
	}
	return fmt.Sprintf("a %s by no time does nothing", v.Name)
}

// Check reports the first name in the action that the universe does not have.
func (a Action) Check(u Universe) error {
	if err := a.Target.Check(u); err != nil {
		return err
	}
	if a.Target.ZooKeeper() {
		return fmt.Errorf("%s does not apply to zookeeper itself; name nodes and say \"from zookeeper\"", a.Verb.Name)
	}
	if message := a.checkName(u); message != "" {
		return errors.New(message)
	}
	return a.Peer().Check(u)
}

// defaultRules is the datasource whose rules hold for all: druid.manager.rules.defaultRule.
const defaultRules = "_default"

// checkName says what is wrong with the kind or datasource that the action is done to,
// or "".
func (a Action) checkName(u Universe) string {
	switch {
	case a.Name == "":
		return ""
	case a.Verb.On == OnKind && u.Kinds != nil && !slices.Contains(u.Kinds, a.Name):
		return unknown("kind", a.Name, u.Kinds)
	case a.Verb.Name == "rules" && a.Name == defaultRules:
		return ""
	case a.Verb.On == OnDataSource && a.Verb.Known && u.DataSources != nil && !slices.Contains(u.DataSources, a.Name):
		return unknown("datasource", a.Name, u.DataSources)
	}
	return ""
}

func (a Action) String() string {
	parts := []string{a.Verb.Name}
	for _, who := range []string{a.Target.String(), a.ID, a.Name} {
		if who != "" {
			parts = append(parts, who)
		}
	}
	for _, c := range Clauses {
		switch value := a.said[c.Word].(type) {
		case nil:
		case Span:
			parts = append(parts, c.Word, value.String())
		default:
			parts = append(parts, c.Word, a.texts[c.Word])
		}
	}
	return strings.Join(parts, " ")
}

// Reserved reports whether a word cannot be the name of a node, because it begins a clause of
// actions or is a fault's id.
func Reserved(name string) bool { return IsFaultID(name) || isClause(name) }

// IsFaultID reports whether a text is a fault's id, as the cluster gives them, and not a
// selector.
func IsFaultID(text string) bool {
	digits, ok := strings.CutPrefix(text, "f")
	return ok && digits != "" && strings.Trim(digits, "0123456789") == ""
}

// word is a word of a text and where it begins.
type word struct {
	text   string
	column int
}

func splitWords(text string) []word {
	var words []word
	for i := 0; i < len(text); {
		if text[i] == ' ' || text[i] == '\t' {
			i++
			continue
		}
		end := i + strings.IndexAny(text[i:]+" ", " \t")
		words = append(words, word{text[i:end], i + 1})
		i = end
	}
	return words
}

func joinWords(words []word) string {
	texts := make([]string, len(words))
	for i, w := range words {
		texts[i] = w.text
	}
	return strings.Join(texts, " ")
}

// untilClause is how many words come before the next clause.
func untilClause(words []word) int {
	for i, w := range words {
		if isClause(w.text) {
			return i
		}
	}
	return len(words)
}

// at places an error of a part in the whole text.
func at(text string, column int, err error) error {
	if part, ok := err.(*SyntaxError); ok {
		return &SyntaxError{Text: text, Column: column + part.Column - 1, Message: part.Message}
	}
	return &SyntaxError{Text: text, Column: column, Message: err.Error()}
}
