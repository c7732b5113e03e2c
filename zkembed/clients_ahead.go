package zkembed

import (
	"time"

	"github.com/hashicorp/go-hclog"

	"oakmoot/internal/zk/zkwire"
)

// aheads logs clients that have seen a later zxid than ours. They keep coming back, so
// most of them are only counted. It is owned by the state.
type aheads struct {
	logged  time.Time // when one was last logged
	skipped int       // since then
}

// aheadEvery is how often such a client is logged.
const aheadEvery = 10 * time.Second

func (a *aheads) report(log hclog.Logger, c *conn, its, ours zkwire.Zxid) {
	now := time.Now()
	if !a.logged.IsZero() && now.Sub(a.logged) < aheadEvery {
		a.skipped++
		return
	}
	log.Info("client has seen a later zxid, hung up", "remote", c.host, "its", its, "ours", ours, "not told of before", a.skipped)
	a.logged, a.skipped = now, 0
}
