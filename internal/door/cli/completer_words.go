package cli

import (
	"slices"
	"strings"

	"oakmoot/internal/door/report"
	"oakmoot/internal/stage/kinds"
	"oakmoot/internal/stage/scenario"
)

// faultWords are what an expression can go on with: a verb, whom it is done to, and clauses. It may be several words of
// the command line, or one in quotes.
func (c *completer) faultWords(word string) []completion {
	begun := word[:strings.LastIndex(word, " ")+1]
	return behind(begun, beginning(word[len(begun):], c.faultWord(append(slices.Clone(c.before), strings.Fields(begun)...))))
}

// faultWord is what one word of an expression can be, behind others.
func (c *completer) faultWord(before []string) (all []completion) {
	if len(before) == 0 {
		for _, v := range scenario.Verbs {
			all = append(all, completion{v.Name, v.Does})
		}
		return append(all, completion{"list", "shows the faults"})
	}
	verb, known := scenario.FindVerb(before[0])
	if !known {
		return nil
	}
	for _, clause := range scenario.Clauses {
		if len(before) > 1 && verb.Takes(clause.Word) && !slices.Contains(before, clause.Word) {
			all = append(all, completion{clause.Word, clause.Does})
		}
	}
	if len(before) > 1 {
		return all
	}
	for _, kind := range kinds.All() {
		all = append(all, completion{kind.Name, "all of them"})
		if kind.Elects {
			all = append(all, completion{kind.Name + "@leader", "the one that leads"})
		}
	}
	return append(all, c.nodes()...)
}

// conditionWords are what a condition can go on with: a function, or within its parentheses what it is asked about.
func conditionWords(word string) (all []completion) {
	begun := word[:strings.LastIndexAny(word, " (")+1]
	if call, in := strings.CutSuffix(begun, "("); in {
		f, _ := scenario.FindFunction(call[strings.LastIndexAny(call, " (")+1:])
		return behind(begun, argumentsOf(f))
	}
	for _, f := range scenario.Functions {
		name := f.Name + "("
		if len(f.Args) == 0 {
			name += ")"
		}
		all = append(all, completion{name, f.Does})
	}
	all = behind(begun, all)
	if only := beginning(word, slices.Clone(all)); len(only) == 1 {
		if in := conditionWords(only[0].text); strings.HasSuffix(only[0].text, "(") && len(in) > 0 {
			return in // bash closes the quote behind the only word
		}
	}
	return all
}

// argumentsOf are those of a function that are the same in every cluster.
func argumentsOf(f scenario.Function) (all []completion) {
	if len(f.Args) != 1 {
		return nil
	}
	switch f.Args[0] {
	case scenario.ArgKindName, scenario.ArgSelector, scenario.ArgServer:
		for _, kind := range kinds.All() {
			if kind.Elects || f.Args[0] != scenario.ArgKindName {
				all = append(all, completion{text: kind.Name + ")"})
			}
		}
	case scenario.ArgState:
		for _, state := range scenario.TaskStates {
			all = append(all, completion{text: state + ")"})
		}
	}
	return all
}

// reportWords are the kinds of reports, and behind that a file.
func reportWords(word string) (all []completion) {
	if kind, file, named := strings.Cut(word, "="); named {
		return behind(kind+"=", files(file, ""))
	}
	for _, f := range report.Formats {
		all = append(all, completion{text: f.Name + "="})
	}
	return all
}

// levelWords are the levels of a log, behind others and behind a name.
func levelWords(word string) []completion {
	return behind(word[:strings.LastIndexAny(word, ",=")+1], named(levels))
}
