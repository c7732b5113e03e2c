package zkembed

// limits bound what may be owed to clients: the bytes of answers and events that are
// being made, are waiting to be written, or are on their way to a slow client. A
// request of thirty bytes may be answered with a megabyte, and a client may send
// thousands of them ahead.
type limits struct {
	// enough is how much may be owed to a connection before its further requests wait.
	// Apache's server stops reading from a connection that has requests under way when
	// there are too many of all: ZooKeeperServer.shouldThrottle.
	enough int
	// most is how much a connection may be owed at all: past it, it is closed. A single
	// answer may be that long, and events are sent whether or not they are read.
	most int
	// enoughOfAll is how much may be owed to all connections together. The less of it is
	// left, the earlier a connection's requests wait, until each gets one answer at a time.
	enoughOfAll int64
	// mostOfAll is where any answer that is not small closes its connection instead.
	mostOfAll int64
	// batch is how much is made before it is handed on.
	batch int64
	// effort is how much work a connection's requests may do before others get their
	// turn, in nodes looked at.
	effort int
}

var defaultLimits = limits{
	enough: 1 << 20, most: 64 << 20, enoughOfAll: 256 << 20, mostOfAll: 1 << 30, batch: 8 << 20, effort: 100_000,
}

// shares is how many connections the rest of enoughOfAll is shared among.
const shares = 16

// always can be received from at any time.
var always = func() <-chan struct{} {
	c := make(chan struct{})
	close(c)
	return c
}()
