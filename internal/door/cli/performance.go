package cli

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hashicorp/go-hclog"

	"oakmoot/cluster"
	"oakmoot/internal/door/running"
	"oakmoot/internal/door/terminal"
)

// performance is one run of a topology, as it is told of.
type performance struct {
	*upFlags
	cluster *cluster.Cluster
	topo    cluster.Topology
	token   string
	streams streams
	logs    *logs
	log     hclog.Logger

	entered atomic.Pointer[func()] // leaves the list of running clusters; nil before it is in there
	told    bool                   // the verdict
}

// play runs the cluster, and says what is to be said of it.
func (p *performance) play(ctx context.Context) error {
	done := make(chan error, 1)
	go func() {
		err := p.cluster.Run(ctx)
		if err == nil && !closed(p.cluster.Ready()) {
			err = errInterrupted
		}
		done <- err
	}()
	var err error
	ends := func(until <-chan struct{}) (ended bool) {
		select {
		case err = <-done:
			return true
		case <-until:
			return false
		}
	}
	ended := false
	p.while(p.zookeeperAwaited, func() { ended = ends(p.cluster.Opened()) })
	if ended {
		return err
	}
	p.enter()
	p.tellWaiting()
	p.while(p.nodesAwaited, func() { ended = ends(p.cluster.Ready()) })
	if ended {
		return err
	}
	p.banner()
	p.logs.screen.ready.Store(true)
	begin := time.Now()
	p.while(func(time.Duration) string { return p.left(time.Since(begin)) }, func() { ends(nil) })
	p.logs.screen.out.Passing("")
	p.tellVerdict()
	p.told = true
	return err
}

// while does work, and says what is being waited for, unless everything that is said is JSON, or nobody looks and
// whoever started the run wants to hear nothing.
func (p *performance) while(say func(time.Duration) string, work func()) {
	if p.JSON || p.LogLevel == "off" && !p.streams.err.Moves {
		work()
		return
	}
	terminal.While(p.streams.err, say, work)
}

func (p *performance) zookeeperAwaited(taken time.Duration) string {
	where := "ZooKeeper"
	if p.topo.ZooKeeper.Connect != "" {
		where += " " + p.topo.ZooKeeper.Connect
	}
	return fmt.Sprintf("waiting for %s to answer, for %s", printable(where), terminal.Span(taken))
}

func (p *performance) nodesAwaited(taken time.Duration) string {
	who := "everybody to be up, and for leaders"
	if seats := p.cluster.Waiting(); len(seats) > 0 {
		who = strings.Join(seats, "; ")
	}
	return fmt.Sprintf("waiting for %s, for %s", printable(who), terminal.Span(taken))
}

// left is how long the run still takes; nothing if it goes on until it is stopped.
func (p *performance) left(taken time.Duration) string {
	topo := p.topo.WithDefaults()
	lasts := topo.RunFor.In(topo.ZooKeeper.SessionTimeout.Duration)
	if lasts == 0 {
		return ""
	}
	at := ""
	if p.topo.End != "" {
		at = ", or once it has settled"
	}
	return fmt.Sprintf("ends in %s%s", terminal.Span(max(0, lasts-taken)), at)
}

// enter puts the run on the list of those on this machine. Without it the run is as good.
func (p *performance) enter() {
	a := p.cluster.Addresses()
	leave, err := running.Usual().Enter(running.Process{
		Name: p.topologyName(p.topo), Control: a.Control, Token: p.token, Data: a.Data, Started: time.Now().Round(0),
	})
	if err != nil {
		p.log.Warn("not on the list of running clusters", "error", err)
		return
	}
	leave = sync.OnceFunc(leave)
	p.entered.Store(&leave)
}

func (p *performance) leave() {
	if leave := p.entered.Load(); leave != nil {
		(*leave)()
	}
}

func (p *performance) tellVerdict() {
	if p.JSON {
		jsonLine(p.streams.err, "info", "verdict", map[string]any{"verdict": p.cluster.Verdict()})
		return
	}
	writeVerdict(p.streams.err, p.cluster.Verdict())
}

// end prints the error of a run, and last of all in one line what the run came to.
func (p *performance) end(err error) error {
	if p.JSON || !p.told {
		return err
	}
	if err != nil {
		fmt.Fprintf(p.streams.err, "oakmoot: %v\n", err)
	}
	_ = p.streams.err.Print(conclusion(p.cluster.Verdict(), err) + "\n") // nobody is there to read it
	if err != nil {
		return &toldError{err}
	}
	return nil
}
