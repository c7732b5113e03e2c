package worldtest

import (
	"strconv"
	"strings"
	"testing"
)

// Differences are parts of requests that are not answered as by 0.14.0, and why.
type Differences map[string]string

func differs(all Differences, line string) (reason string, known bool) {
	for part, reason := range all {
		if strings.Contains(line, part) {
			return reason, true
		}
	}
	return "", false
}

// SameAnswers sends each request of a script and compares the answer with the line
// below it. Of a page of HTML only the status is compared.
func SameAnswers(t *testing.T, script string, differences Differences, call Call) {
	t.Helper()
	lines := strings.Split(script, "\n")
	asked := 0
	for i, line := range lines {
		method, rest, _ := strings.Cut(line, " ")
		if strings.HasPrefix(line, "#") || i+1 == len(lines) || strings.ToUpper(method) != method || method == "" || method[0] <= '9' {
			continue
		}
		asked++
		path, body, _ := strings.Cut(rest, " ")
		code, answer := call(method, path, body)
		status, want, _ := strings.Cut(lines[i+1], " ")
		got := strconv.Itoa(code)
		same := got == status && (strings.HasPrefix(want, "(page)") || answer == want)
		reason, known := differs(differences, line)
		switch {
		case known && same:
			t.Errorf("%s\nis answered as by Druid; it is listed as different because %s", line, reason)
		case !known && !same:
			t.Errorf("%s\n got %s %s\nwant %s %s", line, got, answer, status, want)
		}
	}
	if asked == 0 {
		t.Error("the script asks nothing")
	}
}
