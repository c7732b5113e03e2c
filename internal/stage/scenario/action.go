package scenario

import (
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
//	heal
//	heal f3
type Action struct {
	Verb      Verb
	Target    Selector
	Peer      Selector // what the target is cut off from; empty is everything
	Direction string   // both, to or from, as the target sees it; "" is both
	By        Span
	Jitter    Span
	For       Span
	ID        string // of the fault to heal
}

// clause is a part of an action's text that begins with a word of its own.
type clause struct {
	word string
	read func(*Action, string) error
}

var clauses = []clause{
	{"from", func(a *Action, text string) (err error) {
		a.Peer, err = ParseSelector(text)
		return err
	}},
	{"direction", func(a *Action, text string) error {
		if !slices.Contains(Directions, text) {
			return fmt.Errorf("%s", unknown("direction", text, Directions))
		}
		a.Direction = text
		return nil
	}},
	{"by", func(a *Action, text string) (err error) {
		a.By, err = ParseSpan(text)
		return err
	}},
	{"jitter", func(a *Action, text string) (err error) {
		a.Jitter, err = ParseSpan(text)
		return err
	}},
	{"for", func(a *Action, text string) (err error) {
		a.For, err = ParseSpan(text)
		return err
	}},
}

// ParseAction reads an action. Names are checked by Check, against a cluster.
func ParseAction(text string) (Action, error) {
	a, _, err := readAction(text)
	if err != nil {
		return a, err
	}
	if message := a.incomplete(); message != "" {
		return a, &SyntaxError{Text: text, Column: len(text) + 1, Message: message}
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
		n, word := clauseLength(rest), rest[0].text
		if parts[word] > 0 {
			return a, parts, &SyntaxError{Text: text, Column: rest[0].column, Message: fmt.Sprintf("%q stands here for the second time", word)}
		}
		parts[word] = rest[min(1, n-1)].column
		if err := a.readClause(word, joinWords(rest[1:n])); err != nil {
			return a, parts, at(text, rest[0].column, err)
		}
		rest = rest[n:]
	}
	return a, parts, nil
}

// clauseLength is how many words belong to the clause that begins here. A direction is
// one word, even when that word begins a clause elsewhere: "direction from".
func clauseLength(words []word) int {
	if words[0].text == "direction" && len(words) > 1 && slices.Contains(Directions, words[1].text) {
		return 2
	}
	return 1 + untilClause(words[1:])
}

func (a *Action) readTarget(text string) (err error) {
	if a.Verb.ByID && IsFaultID(text) {
		a.ID = text
		return nil
	}
	a.Target, err = ParseSelector(text)
	return err
}

func (a *Action) readClause(name, argument string) error {
	i := slices.IndexFunc(clauses, func(c clause) bool { return c.word == name })
	if i < 0 { // behind a direction, which is one word
		return fmt.Errorf("%q cannot stand here", name)
	}
	if !a.Verb.Takes(name) {
		return fmt.Errorf("%s takes no %q", a.Verb.Name, name)
	}
	if argument == "" {
		return fmt.Errorf("something is missing after %q", name)
	}
	return clauses[i].read(a, argument)
}

// incomplete says what an action lacks, or "".
func (a *Action) incomplete() string {
	switch {
	case a.Target.Empty() && !a.Verb.NoTarget:
		return a.Verb.Name + " needs a target, such as coordinator@leader"
	case a.Verb.Needs == "by" && !a.By.Set:
		return a.Verb.Name + " needs \"by\" and a duration"
	case a.Verb.Needs == "by" && a.By.Zero() && a.Jitter.Zero():
		return byNothing(a.Verb)
	case a.For.Set && a.For.Zero():
		return "what is over at once is nothing: \"for\" needs some time"
	}
	return ""
}

// byNothing words that a verb by no time does nothing.
func byNothing(v Verb) string { return fmt.Sprintf("a %s by no time %ss nothing", v.Name, v.Name) }

// Check reports the first name in the action that the universe does not have, and
// refuses verbs that this version does not carry out.
func (a Action) Check(u Universe) error {
	if !a.Verb.Here {
		return fmt.Errorf("%s is not carried out by this version", a.Verb.Name)
	}
	if err := a.Target.Check(u); err != nil {
		return err
	}
	if a.Target.ZooKeeper() {
		return fmt.Errorf("%s does not apply to zookeeper itself; name nodes and say \"from zookeeper\"", a.Verb.Name)
	}
	return a.Peer.Check(u)
}

func (a Action) String() string {
	parts := []string{a.Verb.Name}
	add := func(words ...string) { parts = append(parts, words...) }
	if !a.Target.Empty() {
		add(a.Target.String())
	}
	if a.ID != "" {
		add(a.ID)
	}
	if !a.Peer.Empty() {
		add("from", a.Peer.String())
	}
	if a.Direction != "" {
		add("direction", a.Direction)
	}
	for _, s := range []struct {
		word string
		span Span
	}{{"by", a.By}, {"jitter", a.Jitter}, {"for", a.For}} {
		if s.span.Set {
			add(s.word, s.span.String())
		}
	}
	return strings.Join(parts, " ")
}

// Reserved reports whether a word cannot be the name of a node, because it begins a clause of
// actions or is a fault's id.
func Reserved(name string) bool {
	return IsFaultID(name) || slices.ContainsFunc(clauses, func(c clause) bool { return c.word == name })
}

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
		if slices.ContainsFunc(clauses, func(c clause) bool { return c.word == w.text }) {
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
