//go:build interop

package real

import (
	"fmt"
	"math/rand/v2"
	"net"
	"strconv"
	"sync"
)

// Ports below the range from which systems assign, so that nobody else gets one between our check and the process's
// bind.
const (
	lowestPort  = 20_000
	highestPort = 32_000
)

// given are the ports that have been handed out here and may not be bound yet.
var given struct {
	sync.Mutex // guards ports
	ports      map[int]bool
}

// FreePorts finds n consecutive free ports on the loopback address that it has not handed out before, and returns the
// first.
func FreePorts(n int) (int, error) {
	given.Lock()
	defer given.Unlock()
	const tries = 200
	for range tries {
		first := lowestPort + rand.IntN(highestPort-lowestPort-n)
		if !allFree(first, n) {
			continue
		}
		if given.ports == nil {
			given.ports = map[int]bool{}
		}
		for port := first; port < first+n; port++ {
			given.ports[port] = true
		}
		return first, nil
	}
	return 0, fmt.Errorf("no %d free ports in a row between %d and %d", n, lowestPort, highestPort)
}

// allFree reports whether nobody listens on the ports and none of them has been handed out.
func allFree(first, n int) bool {
	for port := first; port < first+n; port++ {
		if given.ports[port] {
			return false
		}
		ln, err := net.Listen("tcp", loopback(port))
		if err != nil {
			return false
		}
		_ = ln.Close() // it was only a check
	}
	return true
}

func loopback(port int) string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(port)) }
