package cluster

import (
	"context"
	"fmt"
	"net"

	"github.com/hashicorp/go-hclog"
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
	host, port, err := net.SplitHostPort(a.listener.Addr().String())
	if ip := net.ParseIP(host); err != nil || ip == nil || !ip.IsUnspecified() {
		return []string{a.listener.Addr().String()}
	}
	hosts := []string{net.JoinHostPort("127.0.0.1", port)}
	interfaces, _ := net.InterfaceAddrs() // without them, only loopback is left
	for _, address := range interfaces {
		if own, ok := address.(*net.IPNet); ok && !own.IP.IsLoopback() && !own.IP.IsLinkLocalUnicast() {
			hosts = append(hosts, net.JoinHostPort(own.IP.String(), port))
		}
	}
	return hosts
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
