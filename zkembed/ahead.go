package zkembed

import (
	"time"

	"github.com/hashicorp/go-hclog"

	"oakmoot/internal/zk/zkwire"
)

// aheads tells of clients that have seen a later zxid than ours. They come again and
// again, so that most of it is only counted. It is owned by the state.
type aheads struct {
	told   time.Time // when it was last told of one
	untold int
}

// aheadEvery is how often such a client is told of.
const aheadEvery = 10 * time.Second

func (a *aheads) tell(log hclog.Logger, c *conn, its, ours zkwire.Zxid) {
	now := time.Now()
	if !a.told.IsZero() && now.Sub(a.told) < aheadEvery {
		a.untold++
		return
	}
	log.Info("client has seen a later zxid, hung up", "remote", c.host, "its", its, "ours", ours, "not told of before", a.untold)
	a.told, a.untold = now, 0
}
