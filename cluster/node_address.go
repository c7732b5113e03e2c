package cluster

import (
	"context"
	"net"
	"strconv"
	"sync/atomic"
	"time"

	"oakmoot/internal/run/fault"
)

// address is where a node listens. It is taken before the first incarnation, so that it
// is known, and by each later incarnation again.
type address struct {
	net   network
	link  *fault.Link
	taken atomic.Pointer[net.Listener] // nil once an incarnation has it
}

// bind takes an address, and returns its port.
func (a *address) bind(host string, port int) (int, error) {
	ln, err := a.net.Listen(net.JoinHostPort(host, strconv.Itoa(port)))
	if err != nil {
		return 0, err
	}
	a.taken.Store(&ln)
	return ln.Addr().(*net.TCPAddr).Port, nil
}

// unbind gives back an address that no incarnation came to use.
func (a *address) unbind() {
	if ln := a.taken.Swap(nil); ln != nil {
		_ = (*ln).Close() // nobody was served there
	}
}

// A restarted node tries for bindLimit to get its own port back from whoever took
// it meanwhile.
const (
	bindRetry = 20 * time.Millisecond
	bindLimit = 10 * time.Second
)

// listen gives an incarnation its listener, behind the link.
func (a *address) listen(ctx context.Context, hostPort string) (net.Listener, error) {
	if ln := a.taken.Swap(nil); ln != nil {
		return a.link.WrapListener(*ln), nil
	}
	ctx, cancel := context.WithTimeout(ctx, bindLimit)
	defer cancel()
	for {
		ln, err := a.open(hostPort)
		if err == nil {
			return ln, nil
		}
		select {
		case <-ctx.Done():
			return nil, err
		case <-time.After(bindRetry):
		}
	}
}

// open listens at another address of the node's, behind the link.
func (a *address) open(hostPort string) (net.Listener, error) {
	ln, err := a.net.Listen(hostPort)
	if err != nil {
		return nil, err
	}
	return a.link.WrapListener(ln), nil
}
