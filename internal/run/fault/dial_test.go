package fault_test

import (
	"context"
	"net"

	"oakmoot/internal/run/fault"
)

// dialling is a dialer that gives always the same connection.
func dialling(c net.Conn) fault.DialFunc {
	return func(context.Context, string, string) (net.Conn, error) { return c, nil }
}
