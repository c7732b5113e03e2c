package zkembed

import (
	"time"

	"github.com/hashicorp/go-hclog"

	"oakmoot/internal/zk/zkwire"
)

// aheads logs clients that have seen a later zxid than ours. They come again and
// again, so that most of them are only counted. The state owns it.
type aheads struct {
	logged  time.Time // when one was last logged
	skipped int       // since then
}

// aheadEvery is how often such a client is logged.
const aheadEvery = 10 * time.Second

func (a *aheads) tell(log hclog.Logger, c *conn, its, ours zkwire.Zxid) {
	now := time.Now()
	if !a.logged.IsZero() && now.Sub(a.logged) < aheadEvery {
		a.skipped++
		return
	}
	log.Info("client has seen a later zxid, hung up", "remote", c.host, "its", its, "ours", ours, "not told of before", a.skipped)
	a.logged, a.skipped = now, 0
}
