package control

import (
	"context"
	"fmt"
	"iter"

	"oakmoot/cluster"
	"oakmoot/zkembed"
)

// replay is a run that is over: everything that is asked of it is answered as it was at the end, and nothing is done.
type replay struct{ past *cluster.Past }

// Replay is a run that is over as the control address shows it.
func Replay(past *cluster.Past) Backend { return replay{past} }

func (r replay) Past() *cluster.Past { return r.past }

func (r replay) StatusOf(_ context.Context, limit int) (cluster.Status, error) {
	return r.past.StatusAt(0, limit)
}

func (r replay) NodeList(_ context.Context, p cluster.Page) (cluster.Listing[cluster.Node], error) {
	return r.past.NodesAt(0, p)
}

func (r replay) Servers(_ context.Context, p cluster.Page) (cluster.Listing[cluster.ServedSegments], error) {
	return r.past.ServersAt(0, p)
}

func (r replay) Segments(_ context.Context, p cluster.Page) (cluster.Listing[cluster.Segment], error) {
	return r.past.SegmentsAt(0, p)
}

func (r replay) TaskList(_ context.Context, p cluster.Page) (cluster.Listing[cluster.Task], error) {
	return r.past.TasksAt(0, p)
}

func (r replay) TreePage(_ context.Context, path string, p cluster.Page) (cluster.Listing[cluster.Znode], error) {
	return r.past.TreeAt(0, path, p)
}

func (r replay) Children(_ context.Context, path string, p cluster.Page) (cluster.Listing[cluster.Znode], error) {
	return r.past.ChildrenAt(0, path, p)
}

func (r replay) Znode(_ context.Context, path string) (cluster.Znode, error) {
	return r.past.ZnodeAt(0, path)
}

func (r replay) Owned(_ context.Context, node string) (cluster.Owned, error) {
	return r.past.OwnedAt(0, node)
}

func (r replay) StepTOML(expression string) (string, error) { return r.past.StepTOML(expression) }

// Trace yields every step, and ends with the run.
func (r replay) Trace(ctx context.Context, from int64) iter.Seq2[cluster.TraceStep, error] {
	return func(yield func(cluster.TraceStep, error) bool) {
		for step, err := range r.past.Follow(ctx, r.past.FirstOf(from)) {
			if !yield(step.TraceStep, err) {
				return
			}
		}
	}
}

func (r replay) Do(context.Context, string) (cluster.Fault, error) { return cluster.Fault{}, r.over() }
func (r replay) WaitFor(context.Context, string) error             { return r.over() }
func (r replay) Leader(context.Context, string) (string, error)    { return "", r.over() }
func (r replay) Seat(string) (cluster.Seat, error)                 { return cluster.Seat{}, r.over() }

// ZooKeeperMetrics are none: its server is gone.
func (r replay) ZooKeeperMetrics(context.Context) ([]zkembed.Metric, error) { return nil, nil }

func (r replay) over() error {
	return fmt.Errorf("%w: it ended at %s", cluster.ErrOver, r.past.Span().LastTime.Format("15:04:05"))
}
