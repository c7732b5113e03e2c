//go:build interop

package real

import (
	"fmt"
	"math/rand/v2"
	"net"
	"strconv"
)

// Ports below those that systems give to whoever asks for any, so that nobody else
// gets one between our asking and the process's binding.
const (
	lowestPort  = 20_000
	highestPort = 32_000
)

// FreePorts finds n free ports in a row on the loopback address, and returns the first.
func FreePorts(n int) (int, error) {
	const tries = 200
	for range tries {
		first := lowestPort + rand.IntN(highestPort-lowestPort-n)
		if allFree(first, n) {
			return first, nil
		}
	}
	return 0, fmt.Errorf("no %d free ports in a row between %d and %d", n, lowestPort, highestPort)
}

func allFree(first, n int) bool {
	for port := first; port < first+n; port++ {
		ln, err := net.Listen("tcp", loopback(port))
		if err != nil {
			return false
		}
		_ = ln.Close() // only asked whether it could be had
	}
	return true
}

func loopback(port int) string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(port)) }
