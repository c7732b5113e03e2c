//go:build mutant_one_leader

package coordinator

import (
	"context"
	"time"

	"oakmoot/internal/zk/discovery"
)

// plantedFollowersLead is a planted bug: a coordinator announces itself as the leader whether it leads or not.
const plantedFollowersLead = true

// plantedLead announces the leader's service once the cluster is up.
func (c *coordinator) plantedLead(ctx context.Context) {
	_ = c.Clock.Sleep(ctx, 20*time.Second)
	_, _ = discovery.AnnounceService(ctx, c.zc, c.Paths, c.Self, c.Self.Service, c.Clock.Now())
}
