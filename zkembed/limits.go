package zkembed

// limits bound what may be owed to clients: the bytes of answers and events that are
// being made, wait to be written, or are under way to a client that takes its time. A
// request of thirty bytes may be answered with a megabyte, and a client may send
// thousands of them ahead.
type limits struct {
	// enough is how much may be owed to a connection before its further requests wait.
	// Apache's server stops reading from a connection that has requests under way when
	// there are too many of all: ZooKeeperServer.shouldThrottle.
	enough int
	// most is how much a connection may be owed at all: past it, it is closed. An answer
	// by itself may be that long, and events come whether they are taken or not.
	most int
	// enoughOfAll is how much may be owed to all connections. The less of it is left,
	// the earlier a connection's requests wait, until each gets an answer at a time.
	enoughOfAll int64
	// mostOfAll is where an answer that is not small closes its connection instead.
	mostOfAll int64
	// batch is how much is made before it is handed on.
	batch int64
	// effort is how much work a connection's requests may be before others have their
	// turn, in nodes that are looked at.
	effort int
}

var defaultLimits = limits{
	enough: 1 << 20, most: 64 << 20, enoughOfAll: 256 << 20, mostOfAll: 1 << 30, batch: 8 << 20, effort: 100_000,
}

// shares is into how many parts that which is left of enoughOfAll is thought to be cut.
const shares = 16

// always never makes anybody wait.
var always = func() <-chan struct{} {
	c := make(chan struct{})
	close(c)
	return c
}()
