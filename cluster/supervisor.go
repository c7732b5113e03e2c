package cluster

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"

	"github.com/hashicorp/go-hclog"

	"oakmoot/internal/run/fault"
)

// incarnation runs a role once, from its start to its end.
type incarnation func(context.Context) error

// supervisor keeps a node of ours in the state that was last asked for. Its goroutine,
// run, is the only one that starts and ends incarnations; others send it commands and
// read the atomics.
type supervisor struct {
	nodeName  string
	log       hclog.Logger
	link      *fault.Link
	ailing    func() bool // reports whether the node's disk has a fault
	session   *session
	lives     *lives
	speak     func() // after each change of what the node is doing
	incarnate incarnation
	commands  chan command

	state atomic.Value // nodeState
	dead  *atomic.Bool // of the present incarnation: it was killed, and nobody hears what it still says; set by up
}

func newSupervisor(n *node, incarnate incarnation) *supervisor {
	s := &supervisor{
		nodeName: n.name, log: n.log, link: n.link, ailing: n.disk.Ailing, session: &n.session, lives: n.lives, speak: n.speak,
		incarnate: incarnate, commands: make(chan command),
	}
	s.state.Store(stateStarting)
	return s
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

// run keeps the node in the state that was last asked for, until ctx ends.
func (s *supervisor) run(ctx context.Context) error {
	for {
		again, err := s.up(ctx)
		if err != nil {
			return fmt.Errorf("%s: %w", s.nodeName, err)
		}
		if ctx.Err() != nil {
			return nil
		}
		if !again && !s.down(ctx) {
			return nil
		}
	}
}

// up runs one incarnation until it is told to end. It reports whether another follows at
// once.
func (s *supervisor) up(ctx context.Context) (again bool, err error) {
	life, cancel := context.WithCancel(ctx)
	defer cancel()
	s.state.Store(stateStarting)
	s.lives.begin()
	s.dead = new(atomic.Bool)
	s.speak()
	exited := make(chan error, 1)
	go func() { exited <- s.incarnate(life) }()
	for {
		select {
		case err := <-exited:
			s.session.drop()
			if ctx.Err() != nil {
				return false, nil
			}
			if err == nil {
				err = errEndedByItself
			}
			if s.ailing() {
				s.died(err)
				return false, nil
			}
			return false, err
		case cmd := <-s.commands:
			switch cmd.verb {
			case verbStart:
				cmd.done <- nil
				continue
			case verbKill:
				s.kill(cancel)
				cmd.done <- nil
				return s.bury(exited), nil
			}
			s.stop(cancel, exited)
			cmd.done <- nil
			return cmd.verb == verbRestart, nil
		}
	}
}

// kill makes the incarnation dead to everybody at once: its connections break, and
// nothing that it still logs is heard.
func (s *supervisor) kill(cancel context.CancelFunc) {
	s.link.Cut()
	s.dead.Store(true)
	s.state.Store(stateKilled)
	s.session.drop()
	s.speak()
	cancel()
}

// died notes that the incarnation has ended by itself, as a process does whose disk has a
// fault. The others go on, and the node waits to be started again.
func (s *supervisor) died(err error) {
	s.log.Error("ended by itself while its disk has a fault", "error", err)
	s.state.Store(stateKilled)
	s.speak()
}

// bury waits for what is left of a killed incarnation to end: it tries to say goodbye to
// peers that it can no longer reach. It reports whether another incarnation follows;
// whoever asks for one waits here too, and the last command counts.
func (s *supervisor) bury(exited <-chan error) (again bool) {
	var waiting []command
	for {
		select {
		case <-exited:
			s.session.drop() // one that it may have opened while it was being killed
			s.speak()
			if again {
				s.link.Heal()
			}
			for _, cmd := range waiting {
				cmd.done <- nil
			}
			return again
		case cmd := <-s.commands:
			if again = cmd.verb == verbStart || cmd.verb == verbRestart; again {
				waiting = append(waiting, cmd)
				continue
			}
			cmd.done <- nil
		}
	}
}

// stop ends the incarnation, which says its goodbyes, and waits for it.
func (s *supervisor) stop(cancel context.CancelFunc, exited <-chan error) {
	cancel()
	if err := <-exited; err != nil && !errors.Is(err, context.Canceled) {
		s.log.Debug("ended on demand", "error", err)
	}
	s.session.drop()
	s.state.Store(stateStopped)
	s.speak()
}

// down waits until the node is wanted again, or until ctx ends.
func (s *supervisor) down(ctx context.Context) bool {
	for {
		select {
		case <-ctx.Done():
			return false
		case cmd := <-s.commands:
			switch cmd.verb {
			case verbStart, verbRestart:
				s.link.Heal()
				cmd.done <- nil
				return true
			case verbKill:
				s.state.Store(stateKilled)
				s.speak()
			}
			cmd.done <- nil
		}
	}
}

// tell sends the supervisor a command and waits until it has been carried out.
func (s *supervisor) tell(ctx context.Context, v verb) error {
	cmd := command{v, make(chan error, 1)}
	select {
	case s.commands <- cmd:
	case <-ctx.Done():
		return fmt.Errorf("%s: %w", s.nodeName, ctx.Err())
	}
	select {
	case err := <-cmd.done:
		return err
	case <-ctx.Done():
		return fmt.Errorf("%s: %w", s.nodeName, ctx.Err())
	}
}

// markReady is called by an incarnation once it has announced itself and serves.
func (s *supervisor) markReady() {
	if !s.state.CompareAndSwap(stateStarting, stateUp) {
		return // it was killed meanwhile
	}
	s.speak()
	s.lives.arrive()
}

// voice is the present incarnation's log.
func (s *supervisor) voice() hclog.Logger { return incarnationLog{s.log, s.dead} }

// does is the state of the node, whatever its link does.
func (s *supervisor) does() nodeState { return s.state.Load().(nodeState) }
