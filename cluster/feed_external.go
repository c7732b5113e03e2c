package cluster

import (
	"context"
	"time"

	"oakmoot/internal/stage/observe"
)

// listingFeed feeds the model from an external ZooKeeper, which gives no stream of its
// transactions: by a listing of the layout before each answer. It reads one znode after
// the other, so that what changes meanwhile may be seen in part; what it holds is never
// older than the question. A client cannot ask when another's session ends.
type listingFeed struct {
	tree treeSource
	turn chan struct{} // full while somebody lists
}

func newListingFeed(tree treeSource) *listingFeed {
	return &listingFeed{tree, make(chan struct{}, 1)}
}

func (f *listingFeed) catchUp(ctx context.Context, o *observer) error {
	select {
	case f.turn <- struct{}{}:
		defer func() { <-f.turn }()
	case <-ctx.Done():
		return readError(o, ctx.Err())
	}
	var listed []observe.Znode
	for _, root := range o.paths.Roots() {
		err := f.tree.walk(ctx, root, func(n observe.Znode) error {
			listed = append(listed, n)
			return nil
		})
		if err != nil {
			return readError(o, err)
		}
	}
	o.change(func(m *observe.Model) { m.Sync(listed, nil) })
	return nil
}

func (f *listingFeed) ends(context.Context) (map[int64]time.Time, error) { return nil, nil }

// externalPoll is how often conditions are looked at again on an external ZooKeeper.
const externalPoll = 200 * time.Millisecond

// follow lets those who wait for a change look again now and then; it has none to hand on.
func (f *listingFeed) follow(ctx context.Context, o *observer, _ func(observe.Change, error) error) error {
	for ctx.Err() == nil {
		pauseFor(ctx, externalPoll)
		o.changed.raise()
	}
	return nil
}
