package cli

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"oakmoot/control"
	"oakmoot/internal/door/terminal"
)

// hangs does not answer at the nth time until the limit is over.
func hangs(nth int, limit time.Duration) func(context.Context) error {
	asked := 0
	return func(context.Context) error {
		if asked++; asked < nth {
			return nil
		}
		time.Sleep(limit)
		return control.ErrNoAnswer
	}
}

// still is a stream in which nothing happens.
func still(ctx context.Context) error {
	<-ctx.Done()
	return nil
}

func TestWhoFollowsAClusterThatHangsIsToldSoAndNotKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		begin := time.Now()
		s := streams{err: terminal.New(&out, terminal.Screen{Size: func() (int, int) { return 80, 24 }, Moves: true})}
		err := follow(t.Context(), remote{Control: "h:1", AnswerWithin: 9 * time.Second}, s, hangs(4, 9*time.Second), still)
		if taken := time.Since(begin); !errors.Is(err, control.ErrNoAnswer) || taken != 12*time.Second {
			t.Errorf("got %v after %v, want no answer after 12s", err, taken)
		}
		if got, want := out.String(), "waiting for h:1 to answer, for 2s\r\x1b[K"; !strings.HasPrefix(got, want) {
			t.Errorf("got %q, want %q first", got, want)
		}
	})
}

func TestWhoFollowsAQuietClusterIsToldNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
		defer cancel()
		s := streams{err: terminal.New(&out, terminal.Screen{})}
		answers := []error{nil, &control.AnswerError{Code: 404}, control.ErrNoAnswer}
		asked := 0
		ask := func(context.Context) error { asked++; return answers[asked%len(answers)] }
		if err := follow(ctx, remote{AnswerWithin: time.Minute}, s, ask, still); err != nil || out.Len() > 0 {
			t.Errorf("got %v and %q, want nothing", err, &out)
		}
	})
}

func TestWatchSaysSoWhenNoAnswerComes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out, told bytes.Buffer
		ask := hangs(3, time.Minute)
		s := streams{out: terminal.New(&out, terminal.Screen{}), err: terminal.New(&told, terminal.Screen{})}
		err := watched{Every: time.Second}.watch(t.Context(), remote{Control: "h:1"}, s, func(*terminal.Output) error { return ask(t.Context()) })
		if want := "waiting for h:1 to answer, for 10s\n"; !errors.Is(err, control.ErrNoAnswer) || !strings.HasPrefix(told.String(), want) {
			t.Errorf("got %v and %q, want no answer and %q first", err, &told, want)
		}
	})
}
