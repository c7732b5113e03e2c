package cluster

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"oakmoot/internal/run/loop"
	"oakmoot/internal/stage/observe"
	"oakmoot/internal/stage/scenario"
)

// How often a condition is looked at while it does not hold: after each change in
// ZooKeeper, though not more often than settle, and every recheck for what changes
// elsewhere, such as the metadata store.
const (
	settle  = 5 * time.Millisecond
	recheck = 100 * time.Millisecond
)

// WaitLimit is how long WaitFor waits when its context has no deadline, as a test's has
// none.
const WaitLimit = 30 * time.Second

// WaitFor returns once the condition holds, for example "leaders(coordinator) == 1".
// It waits until ctx's deadline, or for WaitLimit when ctx has none; the error then
// says what each function of the condition answered last.
//
// An unknown name is an error at once. A datasource has to be known to the
// topology, or to the cluster by now: by a task, a used segment or an announced one.
// One that comes later is written with a question mark: "used(flights?) > 0".
func (c *Cluster) WaitFor(ctx context.Context, condition string) error {
	u := c.universe()
	parsed, err := scenario.ParseCondition(condition)
	if err == nil {
		err = parsed.Check(u)
	}
	if err != nil {
		return fmt.Errorf("%w: %w", ErrBadExpression, err)
	}
	if _, limited := ctx.Deadline(); !limited {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, WaitLimit)
		defer cancel()
	}
	select {
	case <-c.opened:
	case <-ctx.Done():
		return fmt.Errorf("%s: the cluster does not run yet: %w", condition, ctx.Err())
	}
	u.DataSources = c.topo.DataSourceNames()
	if err := c.observer.checkDataSources(ctx, parsed, u); err != nil {
		return fmt.Errorf("%w: %w", ErrBadExpression, err)
	}
	return c.observer.until(ctx, parsed)
}

// checkDataSources refuses a condition about a datasource that neither the universe nor
// the cluster knows by now. When that cannot be found out, nothing is refused.
func (o *observer) checkDataSources(ctx context.Context, condition scenario.Condition, u scenario.Universe) error {
	if !condition.DataSources() || condition.Check(u) == nil {
		return nil
	}
	err := o.look(ctx, asked{Source: scenario.FromZooKeeper | scenario.FromStore}, func(m *observe.Moment) {
		u.DataSources = append(u.DataSources, m.DataSources()...)
	})
	if err != nil {
		return nil
	}
	return condition.Check(u)
}

// until waits until the condition holds.
func (o *observer) until(ctx context.Context, condition scenario.Condition) error {
	return o.untilAs(ctx, condition, func(l look) bool { return l.holds })
}

// untilAs waits for a look at a condition that is enough.
func (o *observer) untilAs(ctx context.Context, condition scenario.Condition, enough func(look) bool) error {
	return o.untilTrue(ctx, holding{condition}, enough)
}

// untilTrue waits for a look at a statement that is enough.
func (o *observer) untilTrue(ctx context.Context, c statement, enough func(look) bool) error {
	start, seen := time.Now(), "nothing was seen yet"
	for {
		changed := o.changed.next()
		l, err := c.look(ctx, o)
		if err == nil && enough(l) {
			return nil
		}
		if err == nil {
			seen = l.told()
		}
		select {
		case <-ctx.Done():
			took := time.Since(start).Round(time.Millisecond)
			if err != nil && !errors.Is(err, ctx.Err()) {
				return fmt.Errorf("%s: not known after %v: %w", c, took, err)
			}
			return &unmetError{fmt.Sprintf("%s does not hold after %v: %s", c, took, seen), ctx.Err()}
		case <-changed:
			_ = loop.Sleep(ctx, settle)
		case <-time.After(recheck):
		}
	}
}

// look is what one evaluation of a condition came to.
type look struct {
	holds  bool
	seen   string // what each function answered
	hollow bool   // it held, but only because nothing equals nothing
	zxid   int64  // of the latest commit
	time   time.Time
	exact  bool // it was that commit
}

// told is what was seen, in words.
func (l look) told() string {
	if l.hollow {
		return "true only over nothing: " + l.seen
	}
	return l.seen
}

// now is a look at nothing: at which commit, and when.
func (o *observer) now() look { return look{zxid: o.zxid(), time: time.Now()} }

// evaluate evaluates a condition against the cluster as it is now.
func (o *observer) evaluate(ctx context.Context, condition scenario.Condition) (look, error) {
	var l look
	err := o.look(ctx, asked{Source: condition.Reads(), questions: condition.Questions()}, func(m *observe.Moment) {
		w := &witness{Env: m}
		l.holds, l.seen = condition.Eval(w)
		l.hollow = l.holds && w.hollow()
		l.zxid, l.time = m.Zxid(), m.Time
	})
	return l, err
}

// witness notes whether a condition that compares counts of segments had any to compare.
type witness struct {
	scenario.Env
	asked, found int // functions that count segments, and those of them that found any
}

// segmentCounts are the functions that count segments.
var segmentCounts = []string{"used", "served", "replicas", "realtime", "segments", "rows", "query"}

// Number implements scenario.Env.
func (w *witness) Number(f scenario.Function, args []scenario.Arg) float64 {
	v := w.Env.Number(f, args)
	if slices.Contains(segmentCounts, f.Name) {
		w.asked++
		if v != 0 {
			w.found++
		}
	}
	return v
}

// hollow reports whether all of the counts compared were zero. A single count compared with
// a number is what its author asked for.
func (w *witness) hollow() bool { return w.asked > 1 && w.found == 0 }

// unmetError is that a condition has not come to hold. Why the wait for it ended is in its chain, and in its text unless
// it is just that the time was over, which that says already.
type unmetError struct {
	text string
	why  error
}

func (e *unmetError) Error() string {
	if errors.Is(e.why, context.DeadlineExceeded) {
		return e.text
	}
	return e.text + ": " + e.why.Error()
}

func (e *unmetError) Unwrap() error { return e.why }
