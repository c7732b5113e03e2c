package cluster

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync/atomic"
	"time"

	"github.com/hashicorp/go-hclog"

	"oakmoot/internal/druid"
	"oakmoot/internal/run/fault"
	"oakmoot/internal/run/fault/diskfault"
	"oakmoot/internal/stage/observe"
	"oakmoot/internal/zk/zkconn"
)

// incarnation runs a role once, from its start to its end.
type incarnation func(context.Context) error

// nodeState is what a node is doing.
type nodeState = observe.State

// States of a node.
const (
	stateStarting = observe.Starting
	stateUp       = observe.Up
	statePaused   = observe.Paused
	stateStopped  = observe.Stopped
	stateKilled   = observe.Killed
	stateAbsent   = observe.Absent
	statePresent  = observe.Present
)

// node is a place in the topology with the supervisor that fills it. The
// supervisor goroutine, run, is the only one that starts and ends incarnations;
// others send it commands and read the atomics.
type node struct {
	name string
	kind string
	role Role
	port int // that the topology names, or 0
	self druid.Node
	dir  string
	log  hclog.Logger
	net  network
	link *fault.Link
	disk *diskfault.Disk

	incarnate func(n *node) incarnation
	commands  chan command
	speak     func() // hands the node's word to the model, after each change of it

	listener atomic.Pointer[net.Listener] // bound before the first incarnation, so that its address is known
	state    atomic.Value                 // nodeState
	dead     *atomic.Bool                 // of the present incarnation: it was killed, and its last words are nobody's; set by up
	session  atomic.Pointer[zkconn.Conn]
	seat     atomic.Pointer[occupant] // nil for a node that is ours
	started  atomic.Int64
	ready    chan struct{} // closed when the first incarnation is ready
	readied  atomic.Bool
}

// command asks the supervisor for something and is answered once it is done.
type command struct {
	verb verb
	done chan error
}

// verb is what a supervisor can be asked for.
type verb int

const (
	verbKill    verb = iota + 1 // no goodbye: the link is cut first
	verbStop                    // a goodbye, then down
	verbStart                   // up again
	verbRestart                 // stop, then start
)

// errEndedByItself is the error of a role that returned without being asked to.
var errEndedByItself = errors.New("ended by itself")

// run keeps the node as it was last told to be, until ctx ends.
func (n *node) run(ctx context.Context) error {
	for {
		again, err := n.up(ctx)
		if err != nil {
			return fmt.Errorf("%s: %w", n.name, err)
		}
		if ctx.Err() != nil {
			return nil
		}
		if !again && !n.down(ctx) {
			return nil
		}
	}
}

// up runs one incarnation until it is told to end. It reports whether the next
// one follows at once.
func (n *node) up(ctx context.Context) (again bool, err error) {
	life, cancel := context.WithCancel(ctx)
	defer cancel()
	n.state.Store(stateStarting)
	n.started.Add(1)
	n.dead = new(atomic.Bool)
	n.speak()
	exited := make(chan error, 1)
	go func() { exited <- n.incarnate(n)(life) }()
	for {
		select {
		case err := <-exited:
			n.session.Store(nil)
			if ctx.Err() != nil {
				return false, nil
			}
			if err == nil {
				err = errEndedByItself
			}
			if n.disk.Ailing() {
				n.died(err)
				return false, nil
			}
			return false, err
		case cmd := <-n.commands:
			switch cmd.verb {
			case verbStart:
				cmd.done <- nil
				continue
			case verbKill:
				n.kill(cancel)
				cmd.done <- nil
				return n.bury(exited), nil
			}
			n.stop(cancel, exited)
			cmd.done <- nil
			return cmd.verb == verbRestart, nil
		}
	}
}

// kill makes the incarnation dead to everybody at once: its connections break, and
// nothing that it still says is heard.
func (n *node) kill(cancel context.CancelFunc) {
	n.link.Cut()
	n.dead.Store(true)
	n.state.Store(stateKilled)
	n.session.Store(nil)
	n.speak()
	cancel()
}

// died notes that the incarnation has ended by itself, as a process does whose disk has a
// fault. The others go on, and the node waits to be started again.
func (n *node) died(err error) {
	n.log.Error("ended by itself while its disk has a fault", "error", err)
	n.state.Store(stateKilled)
	n.speak()
}

// bury waits for the end of what is left of a killed incarnation, which tries to say
// goodbye to those whom it does not reach. It reports whether the next incarnation
// follows; whoever asks for that waits here too. The last who asked counts.
func (n *node) bury(exited <-chan error) (again bool) {
	var waiting []command
	for {
		select {
		case <-exited:
			n.session.Store(nil) // one that it may have opened while it was killed
			n.speak()
			if again {
				n.link.Heal()
			}
			for _, cmd := range waiting {
				cmd.done <- nil
			}
			return again
		case cmd := <-n.commands:
			if again = cmd.verb == verbStart || cmd.verb == verbRestart; again {
				waiting = append(waiting, cmd)
				continue
			}
			cmd.done <- nil
		}
	}
}

// stop ends the incarnation, which says its goodbyes, and waits for it.
func (n *node) stop(cancel context.CancelFunc, exited <-chan error) {
	cancel()
	if err := <-exited; err != nil && !errors.Is(err, context.Canceled) {
		n.log.Debug("ended on demand", "error", err)
	}
	n.session.Store(nil)
	n.state.Store(stateStopped)
	n.speak()
}

// down waits until the node is wanted again, or until ctx ends.
func (n *node) down(ctx context.Context) bool {
	for {
		select {
		case <-ctx.Done():
			return false
		case cmd := <-n.commands:
			switch cmd.verb {
			case verbStart, verbRestart:
				n.link.Heal()
				cmd.done <- nil
				return true
			case verbKill:
				n.state.Store(stateKilled)
				n.speak()
			}
			cmd.done <- nil
		}
	}
}

// tell sends the supervisor a command and waits until it is carried out.
func (n *node) tell(ctx context.Context, v verb) error {
	cmd := command{v, make(chan error, 1)}
	select {
	case n.commands <- cmd:
	case <-ctx.Done():
		return fmt.Errorf("%s: %w", n.name, ctx.Err())
	}
	select {
	case err := <-cmd.done:
		return err
	case <-ctx.Done():
		return fmt.Errorf("%s: %w", n.name, ctx.Err())
	}
}

// bind takes the node's address before its first incarnation.
func (n *node) bind(port int) error {
	ln, err := n.net.Listen(net.JoinHostPort(n.self.Host, fmt.Sprint(port)))
	if err != nil {
		return &unavailable{fmt.Errorf("%s: %w", n.name, err)}
	}
	n.self.PlaintextPort = ln.Addr().(*net.TCPAddr).Port
	n.listener.Store(&ln)
	return nil
}

// unbind gives back an address that no incarnation came to use.
func (n *node) unbind() {
	if ln := n.listener.Swap(nil); ln != nil {
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
func (n *node) listen(ctx context.Context) (net.Listener, error) {
	if ln := n.listener.Swap(nil); ln != nil {
		return n.link.WrapListener(*ln), nil
	}
	ctx, cancel := context.WithTimeout(ctx, bindLimit)
	defer cancel()
	for {
		ln, err := n.net.Listen(n.self.HostAndPort())
		if err == nil {
			return n.link.WrapListener(ln), nil
		}
		select {
		case <-ctx.Done():
			return nil, err
		case <-time.After(bindRetry):
		}
	}
}

// markReady is an incarnation's word that it has announced itself and serves.
func (n *node) markReady() {
	if !n.state.CompareAndSwap(stateStarting, stateUp) {
		return // it was killed meanwhile
	}
	n.speak()
	if n.readied.CompareAndSwap(false, true) {
		close(n.ready)
	}
}

// voice is the present incarnation's log.
func (n *node) voice() hclog.Logger { return mortal{n.log, n.dead} }

// host is the node's host:port; of an external seat, that of the process in it, or
// "" as long as it is not known.
func (n *node) host() string {
	if o := n.seat.Load(); o != nil {
		return o.host
	}
	return n.self.HostAndPort()
}

// serves reports whether the node can be asked something.
func (n *node) serves() bool {
	s := n.current()
	return s == stateUp || s == statePresent
}

// current is the node's state, with a pause of its link taken into account.
func (n *node) current() nodeState {
	if o := n.seat.Load(); o != nil {
		return o.state()
	}
	s, _ := n.state.Load().(nodeState)
	if (s == stateUp || s == stateStarting) && n.link.Paused() {
		return statePaused
	}
	return s
}

// reachesZooKeeper reports whether the node has a connection, as far as it knows.
func (n *node) reachesZooKeeper() bool {
	zc := n.session.Load()
	if zc == nil {
		return n.role.External
	}
	state := (*zc).State()
	return state == zkconn.Connected || state == zkconn.Reconnected
}

// sessionID is the id of the node's ZooKeeper session, 0 when it has none.
func (n *node) sessionID() int64 {
	if o := n.seat.Load(); o != nil {
		return o.session
	}
	if zc := n.session.Load(); zc != nil {
		return (*zc).SessionID()
	}
	return 0
}

// word is what is known of the node now, without ZooKeeper.
func (n *node) word() observe.Node {
	return observe.Node{
		Name: n.name, Kind: n.kind, Host: n.host(), State: n.current(), Session: n.sessionID(), Reaches: n.reachesZooKeeper(), External: n.role.External,
	}
}
