package node_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"oakmoot/internal/run/node"
	"oakmoot/internal/zk/zkconn"
)

func TestPropertiesWithInvalidValuesAreNotSet(t *testing.T) {
	p := node.Properties{
		"text": "x", "empty": "", "int": "12", "big": "9000000000", "float": "0.5", "true": "true",
		"period": "PT1M30S", "ms": "250", "bad": "many",
	}
	for name, test := range map[string]struct{ got, want any }{
		"text":             {p.String("text", "d"), "x"},
		"empty text":       {p.String("empty", "d"), ""},
		"no text":          {p.String("none", "d"), "d"},
		"int":              {p.Int("int", 1), 12},
		"no int":           {p.Int("bad", 1), 1},
		"int64":            {p.Int64("big", 1), int64(9_000_000_000)},
		"no int64":         {p.Int64("none", 1), int64(1)},
		"float":            {p.Float("float", 1), 0.5},
		"no float":         {p.Float("bad", 1), 1.0},
		"bool":             {p.Bool("true", false), true},
		"no bool":          {p.Bool("bad", true), true},
		"period":           {p.Duration("period", 1), 90 * time.Second},
		"milliseconds":     {p.Duration("ms", 1), 250 * time.Millisecond},
		"no duration":      {p.Duration("bad", time.Hour), time.Hour},
		"duration not set": {p.Duration("none", time.Hour), time.Hour},
	} {
		if diff := cmp.Diff(test.want, test.got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

// Deferred ends run in reverse order, and each is waited for, although the role's own context ended long before.
func TestStagesEndInTheReverseOfTheirOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var order []string
		stage := func(name string) func(context.Context) error {
			return func(ctx context.Context) error {
				<-ctx.Done()
				time.Sleep(time.Second)
				order = append(order, name)
				return nil
			}
		}
		ctx, fail := context.WithCancelCause(t.Context())
		func() {
			defer node.Stage(ctx, fail, stage("first"))()
			defer node.Stage(ctx, fail, stage("second"))()
			defer node.Stage(ctx, fail, stage("third"))()
			fail(nil)
			synctest.Wait()
			if len(order) > 0 {
				t.Errorf("ended with the role's context: %v", order)
			}
		}()
		if diff := cmp.Diff([]string{"third", "second", "first"}, order); diff != "" {
			t.Errorf("order (-want +got):\n%s", diff)
		}
	})
}

func TestStageThatEndsByItselfTakesTheRoleDown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		broken := errors.New("broken")
		var session session
		got := node.Run(t.Context(), session.env(nil), func(ctx context.Context, fail context.CancelCauseFunc, _ zkconn.Conn) error {
			defer node.Stage(ctx, fail, func(context.Context) error { return broken })()
			<-ctx.Done()
			return nil
		})
		if got != broken {
			t.Errorf("got %v, want %v", got, broken)
		}
	})
}

// session is a ZooKeeper session that can only be opened and closed.
type session struct {
	zkconn.Conn
	closed bool
}

func (s *session) Close() { s.closed = true }

// env is the environment of a role that gets the session, or an error instead.
func (s *session) env(err error) node.Env {
	return node.Env{Open: func(context.Context) (zkconn.Conn, error) { return s, err }}
}

func TestRunEndsWithTheFirstCause(t *testing.T) {
	own, cause := errors.New("own"), errors.New("cause")
	live := t.Context()
	ended, end := context.WithCancel(t.Context())
	end()
	for name, test := range map[string]struct {
		caller      context.Context
		stage, want error
	}{
		"the role failed by itself":   {live, nil, own},
		"a stage failed":              {live, cause, cause},
		"the caller ended it":         {ended, nil, nil},
		"the caller ended it, a mess": {ended, cause, nil},
	} {
		var session session
		got := node.Run(test.caller, session.env(nil), func(_ context.Context, fail context.CancelCauseFunc, _ zkconn.Conn) error {
			if test.stage != nil {
				fail(test.stage)
			}
			return own
		})
		if got != test.want || !session.closed {
			t.Errorf("%s: got %v, session closed %v, want %v, true", name, got, session.closed, test.want)
		}
	}
}

func TestRunWithoutZooKeeper(t *testing.T) {
	refused := errors.New("refused")
	ended, end := context.WithCancel(t.Context())
	end()
	for _, test := range []struct {
		caller context.Context
		want   error
	}{{t.Context(), refused}, {ended, nil}} {
		var session session
		got := node.Run(test.caller, session.env(refused), func(context.Context, context.CancelCauseFunc, zkconn.Conn) error {
			t.Error("the role ran")
			return nil
		})
		if !errors.Is(got, test.want) {
			t.Errorf("got %v, want %v", got, test.want)
		}
	}
}

func TestEveryIsAboveZero(t *testing.T) {
	for value, want := range map[string]time.Duration{
		"PT5S": 5 * time.Second, "250": 250 * time.Millisecond, "PT0S": time.Minute, "0": time.Minute, "-1": time.Minute, "": time.Minute, "soon": time.Minute,
	} {
		if got := (node.Properties{"x": value}).Every("x", time.Minute); got != want {
			t.Errorf("%q: got %v, want %v", value, got, want)
		}
	}
}
