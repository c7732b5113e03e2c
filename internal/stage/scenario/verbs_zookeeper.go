package scenario

import (
	"context"
	"errors"
	"fmt"
)

// zooKeeperVerbs are those that are done to ZooKeeper itself.
var zooKeeperVerbs = []Verb{
	{Name: "zk_down", Clauses: []string{"endpoint", "for"}, On: OnNothing, Embedded: true,
		Do:   onEndpoints(Endpoint.Stop, func(e Endpoint, _ context.Context) error { return e.Start() }),
		Does: "takes ZooKeeper away, or one of its endpoints: connections end and new ones are refused; sessions live on"},
	{Name: "zk_readonly", Clauses: []string{"endpoint", "for"}, On: OnNothing, Embedded: true,
		Do: onEndpoints(func(e Endpoint, ctx context.Context) error { return e.SetReadOnly(ctx, true) },
			func(e Endpoint, ctx context.Context) error { return e.SetReadOnly(ctx, false) }),
		Does: "makes ZooKeeper, or one of its endpoints, read-only, as a server that has lost its ensemble: clients that write are not let in"},
}

// onEndpoints does something to ZooKeeper's endpoints, or to the one that is named, and
// how to undo it.
func onEndpoints(begin, end func(Endpoint, context.Context) error) Doer {
	return func(ctx context.Context, s Stage, a Action, _ []Actor) (Done, error) {
		met := s.ZooKeeper().Endpoints()
		if n := a.Count("endpoint", 0); n > len(met) {
			return Done{}, fmt.Errorf("there is no endpoint %d: ZooKeeper has %d (servers in the topology)", n, len(met))
		} else if n > 0 {
			met = met[n-1 : n]
		}
		undo := func(ctx context.Context) (err error) {
			for _, e := range met {
				err = errors.Join(err, end(e, ctx))
			}
			return err
		}
		for _, e := range met {
			if err := begin(e, ctx); err != nil {
				return Done{}, errors.Join(err, undo(ctx))
			}
		}
		return Done{Undo: undo}, nil
	}
}
