package cluster

import (
	"context"
	"fmt"
	"net"

	"github.com/hashicorp/go-hclog"

	"oakmoot/internal/run/machine"
)

// controlAddress is where others reach the cluster, and the door that serves them.
type controlAddress struct {
	listener net.Listener // nil without a control address
	door     Door
}

// openControl takes the control address that the options name, if any.
func openControl(o options) (*controlAddress, error) {
	a := &controlAddress{door: o.door}
	if o.control == "" {
		return a, nil
	}
	var err error
	if a.listener, err = o.net.Listen(o.control); err != nil {
		return nil, &unavailable{fmt.Errorf("control address: %w", err)}
	}
	return a, nil
}

// hosts are the host:port under which it is reached, that on loopback first if it is
// one; nil without a control address.
func (a *controlAddress) hosts() []string {
	if a.listener == nil {
		return nil
	}
	return machine.Hosts(a.listener.Addr())
}

// serve serves the cluster there until ctx ends.
func (a *controlAddress) serve(ctx context.Context, c *Cluster, log hclog.Logger) error {
	if a.listener == nil {
		<-ctx.Done()
		return nil
	}
	return a.door(ctx, c, a.listener, log)
}

func (a *controlAddress) close() {
	if a.listener != nil {
		_ = a.listener.Close() // closed by its server already, unless that never ran
	}
}
