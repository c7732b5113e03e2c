package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"regexp"
	"testing"
	"testing/synctest"
	"time"

	"oakmoot/control"
	"oakmoot/internal/door/terminal"
)

// show is a look at something that changes at every second look, and fails at the fourth.
func show(looks *int, fifth func() error) func(*terminal.Output) error {
	return func(out *terminal.Output) error {
		switch *looks++; *looks {
		case 4:
			return errors.New("away")
		case 5:
			return fifth()
		}
		return out.Print(terminal.Good.Text(fmt.Sprint("seen ", *looks/2)) + "\n")
	}
}

func TestWatchShowsWhatHasChangedUntilItIsInterruptedOrNobodyAnswers(t *testing.T) {
	for _, end := range []error{nil, fmt.Errorf("status: %w", control.ErrNoAnswer)} {
		synctest.Test(t, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			var out bytes.Buffer
			looks := 0
			err := watched{Every: time.Second}.watch(ctx, remote{}, streams{out: terminal.New(&out, terminal.Screen{}), err: terminal.New(&out, terminal.Screen{})}, show(&looks, func() error {
				if end == nil {
					cancel()
				}
				return end
			}))
			if !errors.Is(err, end) {
				t.Errorf("got %v, want %v", err, end)
			}
			want := `^seen 0\n\n\S+\nseen 1\n\n\S+\n\naway\n$`
			if !regexp.MustCompile(want).MatchString(out.String()) {
				t.Errorf("got %q, want %s", out.String(), want)
			}
		})
	}
}
