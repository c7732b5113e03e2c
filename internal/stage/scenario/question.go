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

// ParseQuestion reads "count of DATASOURCE", or "sum of METRIC of DATASOURCE" with sum,
// min or max, in quotation marks or without.
func ParseQuestion(text string) (q Question, err error) {
	words := strings.Fields(strings.Trim(text, "\"'"))
	usage := `a question is "count of DATASOURCE" or "sum of METRIC of DATASOURCE", with sum, min or max`
	switch {
	case len(words) == 0:
		return q, fmt.Errorf("%s", usage)
	case !slices.Contains(questionWords, words[0]):
		return q, fmt.Errorf("%s; %s", unknown("word", words[0], questionWords), usage)
	case len(words) == 3 && words[0] == "count" && words[1] == "of":
		return Question{"count", "", words[2]}, nil
	case len(words) == 5 && words[0] != "count" && words[1] == "of" && words[3] == "of":
		return Question{words[0], words[2], words[4]}, nil
	}
	return q, fmt.Errorf("%q is no question: %s", text, usage)
}

func (q Question) String() string {
	if q.Of == "count" {
		return "count of " + q.DataSource
	}
	return q.Of + " of " + q.Metric + " of " + q.DataSource
}
