package scenario

import (
	"fmt"
	"slices"
	"strings"
)

// Question is what a broker is asked about a datasource.
type Question struct {
	Of         string // count, sum, min or max
	Metric     string // of all but count
	DataSource string
}

var questionWords = []string{"count", "sum", "min", "max"}

const questionUsage = `a question is "count of DATASOURCE" or "sum of METRIC of DATASOURCE", with sum, min or max`

// readQuestion reads "count of DATASOURCE", or "sum of METRIC of DATASOURCE" with sum, min
// or max, in quotation marks or without, and the words that it is made of.
func readQuestion(text string) (q Question, words []word, mistake *SyntaxError) {
	words = splitWords(strings.NewReplacer(`"`, " ", "'", " ").Replace(text)) // in their places
	wrong := func(column int, message string) (Question, []word, *SyntaxError) {
		return q, words, &SyntaxError{Text: text, Column: column, Message: message}
	}
	if len(words) == 0 {
		return wrong(1, questionUsage)
	}
	if !slices.Contains(questionWords, words[0].text) {
		return wrong(words[0].column, unknown("word", words[0].text, questionWords)+"; "+questionUsage)
	}
	form := []string{words[0].text, "of", ""}
	if words[0].text != "count" {
		form = append(form, "of", "")
	}
	for i, w := range words {
		if i >= len(form) || form[i] != "" && w.text != form[i] {
			return wrong(w.column, fmt.Sprintf("%q cannot stand here: %s", w.text, questionUsage))
		}
	}
	if len(words) < len(form) {
		return wrong(words[0].column, fmt.Sprintf("something is missing in %q: %s", strings.Trim(text, "\"'"), questionUsage))
	}
	q = Question{Of: words[0].text, DataSource: words[len(words)-1].text}
	if len(words) > 3 {
		q.Metric = words[2].text
	}
	return q, words, nil
}

// checkQuestion reports the first name in a question that the universe does not have.
func checkQuestion(arg Arg, u Universe) *SyntaxError {
	q := arg.Question
	wrong := func(at int, message string) *SyntaxError {
		return &SyntaxError{Text: arg.Text, Column: at + 1, Message: message}
	}
	if u.DataSources != nil && !slices.Contains(u.DataSources, q.DataSource) {
		return wrong(arg.of, unknown("datasource", q.DataSource, u.DataSources))
	}
	if columns := u.Columns[q.DataSource]; q.Metric != "" && columns != nil && !slices.Contains(columns, q.Metric) {
		return wrong(arg.metric, unknownAmong("column", q.Metric, columns))
	}
	return nil
}

func (q Question) String() string {
	if q.Of == "count" {
		return "count of " + q.DataSource
	}
	return q.Of + " of " + q.Metric + " of " + q.DataSource
}
