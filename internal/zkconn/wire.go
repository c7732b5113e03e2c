package zkconn

import "net"

// wire is a connection as the real client takes it without harm. A write that
// fails ends the connection, and the client learns of it where it reads: told of
// the failure itself, it answers the request twice, and with Close at the same time
// a third time, which nobody takes and its loop then waits for ever.
type wire struct{ net.Conn }

func (w wire) Write(p []byte) (int, error) {
	if _, err := w.Conn.Write(p); err != nil {
		_ = w.Close() // it has failed already
	}
	return len(p), nil
}
