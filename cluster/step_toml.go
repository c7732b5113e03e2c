package cluster

import (
	"fmt"
	"strings"
	"time"
	"unicode"

	"oakmoot/internal/stage/scenario"
)

// StepTOML is the step of a topology that would do now what an expression does. The error is that of an expression
// that cannot be carried out.
func (c *Cluster) StepTOML(expression string) (string, error) {
	return checkedTOML(expression, c.universe(), c.annals.sinceReady(time.Now()))
}

// checkedTOML is the step that does what an expression does, among the nodes of a universe.
func checkedTOML(expression string, u scenario.Universe, at time.Duration) (string, error) {
	action, err := scenario.ParseAction(expression)
	if err == nil {
		err = action.Check(u)
	}
	if err != nil {
		return "", fmt.Errorf("%w: %w", ErrBadExpression, err)
	}
	return stepTOML(action.String(), at), nil
}

// stepTOML is a step at a time after the cluster is ready.
func stepTOML(do string, at time.Duration) string {
	return fmt.Sprintf("[[step]]\nat = %q\ndo = %s\n", at.Round(100*time.Millisecond).String(), tomlString(do))
}

// tomlString is a text as TOML writes it.
func tomlString(text string) string {
	if !strings.ContainsFunc(text, func(r rune) bool { return r == '\'' || unicode.IsControl(r) }) && strings.ContainsAny(text, `"\`) {
		return "'" + text + "'"
	}
	var b strings.Builder
	for _, r := range text {
		switch {
		case r == '"' || r == '\\':
			b.WriteRune('\\')
			b.WriteRune(r)
		case unicode.IsControl(r):
			fmt.Fprintf(&b, `\u%04X`, r)
		default:
			b.WriteRune(r)
		}
	}
	return `"` + b.String() + `"`
}
