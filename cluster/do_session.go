package cluster

import (
	"context"
	"fmt"

	"oakmoot/internal/stage/scenario"
	"oakmoot/zkembed"
)

func disconnect(ctx context.Context, d *director, _ scenario.Action, nodes []*node) (done, error) {
	for _, n := range nodes {
		if !n.role.External {
			n.link.Disconnect()
			continue
		}
		if err := d.zk.Disconnect(ctx, zkembed.SessionID(n.sessionID())); err != nil {
			return done{}, fmt.Errorf("disconnect %s: %w", n.name, err)
		}
	}
	return done{}, nil
}

// expireSession ends the nodes' sessions: by the embedded server, or on a real one
// by closing the same session from a second connection.
func expireSession(ctx context.Context, d *director, _ scenario.Action, nodes []*node) (done, error) {
	for _, n := range nodes {
		id := n.sessionID()
		if id == 0 {
			return done{}, fmt.Errorf("%s has no session now", n.name)
		}
		var err error
		if d.zk != nil {
			err = d.zk.Expire(ctx, zkembed.SessionID(id))
		} else {
			err = n.link.ExpireSession(ctx)
		}
		if err != nil {
			return done{}, fmt.Errorf("expire session 0x%x of %s: %w", id, n.name, err)
		}
	}
	return done{}, nil
}
