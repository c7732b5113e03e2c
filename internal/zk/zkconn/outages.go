package zkconn

import (
	"fmt"
	"sync"

	"github.com/go-zookeeper/zk"
	"github.com/hashicorp/go-hclog"
)

// outages passes the real client's messages to hclog. While there is no session it logs
// only the first few of each kind and then their number, since an outage may last an
// hour and each attempt says the same.
type outages struct {
	log hclog.Logger

	mu     sync.Mutex // guards the fields below
	told   map[string]int
	untold int
}

// toldAtMost is how often one kind of message is logged during an outage.
const toldAtMost = 3

// Printf implements the real client's logger.
func (o *outages) Printf(format string, args ...any) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.told == nil {
		o.told = map[string]int{}
	}
	if o.told[format]++; o.told[format] > toldAtMost {
		o.untold++
		return
	}
	o.log.Debug(fmt.Sprintf(format, args...))
}

// observe notes the end of an outage.
func (o *outages) observe(e zk.Event) {
	if e.Type != zk.EventSession || e.State != zk.StateHasSession {
		return
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.untold > 0 {
		o.log.Debug("connected again; messages that were not told", "number", o.untold)
	}
	o.told, o.untold = nil, 0
}
