package testrun

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
)

// fake is a test that can fail without failing this one.
type fake struct {
	testing.TB
	failed   bool
	said     []string
	cleanups []func()
}

func (f *fake) Failed() bool                 { return f.failed }
func (f *fake) Cleanup(do func())            { f.cleanups = append(f.cleanups, do) }
func (f *fake) Logf(text string, a ...any)   { f.said = append(f.said, fmt.Sprintf(text, a...)) }
func (f *fake) Errorf(text string, a ...any) { f.failed = true; f.Logf(text, a...) }
func (f *fake) end() {
	for _, do := range f.cleanups {
		do()
	}
}

func life(end error) Life {
	ready := make(chan struct{})
	return Life{
		Name: "it", Ready: ready, LastWords: func() string { return "farewell" },
		Run: func(ctx context.Context) error { close(ready); <-ctx.Done(); return end },
	}
}

func TestOnlyAFailedTestReadsLastWords(t *testing.T) {
	for name, tt := range map[string]struct {
		failed bool
		end    error
		want   string
	}{
		"passed":            {false, nil, "[]"},
		"failed":            {true, nil, "[it: farewell]"},
		"failed at the end": {false, errors.New("broken"), "[it: broken it: farewell]"},
		"failed twice":      {true, errors.New("broken"), "[it: farewell it: broken]"},
	} {
		f := &fake{TB: t}
		Run(f, life(tt.end))
		f.failed = tt.failed
		f.end()
		if got := fmt.Sprint(f.said); got != tt.want {
			t.Errorf("%s: got %s, want %s", name, got, tt.want)
		}
	}
}

func TestLinesRemembersTheLast(t *testing.T) {
	l := NewLines(2)
	fmt.Fprintf(l, "one\ntwo\n")
	fmt.Fprintln(l, strings.Repeat("x", 2*lineLimit))
	if want := "\n    two\n    " + strings.Repeat("x", lineLimit); l.String() != want {
		t.Errorf("got %q, want %q", l, want)
	}
}
