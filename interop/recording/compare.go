package recording

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// Difference is an accepted difference between recordings, with its reason.
type Difference struct {
	Stage, Who, Line string // patterns; an empty one matches anything
	How              Treatment
	Because          string
}

// Treatment is what is done with the lines that a Difference matches.
type Treatment int

// Treatments.
const (
	LeftOut  Treatment = iota // of both recordings
	AnyOrder                  // compared after all others, in any order
	Race                      // left out of both recordings, and not missed if it does not occur
	Together                  // part of a transaction, compared as if it were on its own
)

func (d Difference) speaksOf(stage, who, line string) bool {
	matches := func(pattern, text string) bool { return regexp.MustCompile(pattern).MatchString(text) }
	return matches(d.Stage, stage) && matches(d.Who, who) && matches(d.Line, line)
}

// Comparison compares recordings stage by stage.
type Comparison struct {
	Accepted []Difference
	met      map[int]bool
}

// Stage says what differs in a stage, a text for each process: what it wrote only in the reference (-) and only in
// the other recording (+).
func (c *Comparison) Stage(stage string, reference, other *Recording) (differs []string) {
	everybody := maps.Clone(reference.Lines)
	maps.Copy(everybody, other.Lines)
	for _, who := range slices.Sorted(maps.Keys(everybody)) {
		want, got := c.judged(stage, who, reference.Lines[who]), c.judged(stage, who, other.Lines[who])
		if slices.Equal(want, got) {
			continue
		}
		missing, added := minus(want, got), minus(got, want)
		if len(missing)+len(added) == 0 {
			differs = append(differs, fmt.Sprintf("%s: %s writes in this order\n  %s\nand not in that\n  %s",
				stage, who, strings.Join(got, "\n  "), strings.Join(want, "\n  ")))
			continue
		}
		differs = append(differs, fmt.Sprintf("%s: %s writes otherwise:\n- %s\n+ %s",
			stage, who, strings.Join(missing, "\n- "), strings.Join(added, "\n+ ")))
	}
	return differs
}

// judged are the lines to compare: without those left out, and with the unordered ones sorted at the end.
func (c *Comparison) judged(stage, who string, lines []string) []string {
	var inOrder, inNone []string
	for _, line := range lines {
		i := slices.IndexFunc(c.Accepted, func(d Difference) bool { return d.speaksOf(stage, who, line) })
		if i < 0 {
			inOrder = append(inOrder, line)
			continue
		}
		if c.met == nil {
			c.met = map[int]bool{}
		}
		c.met[i] = true
		switch c.Accepted[i].How {
		case AnyOrder:
			inNone = append(inNone, line)
		case Together:
			inOrder = append(inOrder, strings.TrimPrefix(line, "multi "))
		}
	}
	slices.Sort(inNone)
	return append(inOrder, inNone...)
}

// Unmet are the accepted differences that matched no line: they are no longer needed. A race may or may not occur.
func (c *Comparison) Unmet() (unmet []Difference) {
	for i, d := range c.Accepted {
		if !c.met[i] && d.How != Race {
			unmet = append(unmet, d)
		}
	}
	return unmet
}

// minus are the lines that only a has.
func minus(a, b []string) (only []string) {
	b = slices.Clone(b)
	for _, line := range a {
		if i := slices.Index(b, line); i >= 0 {
			b = slices.Delete(b, i, i+1)
			continue
		}
		only = append(only, line)
	}
	return only
}
