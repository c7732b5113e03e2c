package overlord

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"

	"oakmoot/internal/druid"
	"oakmoot/internal/run/deepstore"
	"oakmoot/internal/run/metadata"
	"oakmoot/internal/run/node"
	"oakmoot/internal/zk/announce"
	"oakmoot/internal/zk/discovery"
	"oakmoot/internal/zk/election"
	"oakmoot/internal/zk/zkconn"
)

// Config is what an overlord is given for one incarnation.
type Config struct {
	node.Env
	Store *metadata.Store
	Logs  *deepstore.Logs // logs of finished tasks
}

// overlord is one incarnation.
type overlord struct {
	cfg  Config
	zc   zkconn.Conn
	term atomic.Pointer[term] // while leading and initialised
	once sync.Once
}

// Run takes part in the election until ctx ends, and runs tasks while it leads:
// CliOverlord and TaskMaster of Druid.
func Run(ctx context.Context, cfg Config) error {
	return node.Run(ctx, cfg.Env, func(ctx context.Context, fail context.CancelCauseFunc, zc zkconn.Conn) error {
		o := &overlord{cfg: cfg, zc: zc}
		return o.serve(ctx, fail)
	})
}

// serve brings the stages up, blocks until ctx ends, and takes them down again: the
// entry in internal-discovery first, then the leader and the latch, HTTP last.
func (o *overlord) serve(ctx context.Context, fail context.CancelCauseFunc) error {
	ln, err := o.cfg.Listen(ctx)
	if err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	defer node.Stage(ctx, fail, func(ctx context.Context) error { return node.ServeOn(ctx, ln, o.cfg.Env, o.handler()) })()
	announcer := announce.NewAnnouncer(o.zc, o.cfg.Log)
	joined := make(chan struct{})
	defer node.Stage(ctx, fail, announcer.Run)()
	defer node.Stage(ctx, fail, func(ctx context.Context) error {
		return election.Run(ctx, o.zc, election.Options{
			Path: o.cfg.Paths.OverlordLatch(), ID: o.cfg.Self.URI(), Log: o.cfg.Log,
			Joined: func() { o.once.Do(func() { close(joined) }) },
		}, o.lead)
	})()
	select {
	case <-joined:
	case <-ctx.Done():
		return nil
	}
	withdraw, err := discovery.AnnounceNode(ctx, announcer, o.cfg.Paths, o.cfg.Release, druid.DiscoveryNode{Node: o.cfg.Self, NodeType: druid.Overlord})
	if err != nil {
		return err
	}
	o.cfg.Ready()
	<-ctx.Done()
	withdraw()
	return nil
}

// lead is one term of leadership: TaskMaster.becomeLeader and stopBeingLeader.
func (o *overlord) lead(ctx context.Context, number int) error {
	t := newTerm(o)
	if err := t.begin(ctx); err != nil {
		return fmt.Errorf("begin term %d: %w", number, err)
	}
	withdraw, err := discovery.AnnounceService(ctx, o.zc, o.cfg.Paths, o.cfg.Self, o.cfg.Self.Service)
	if err != nil {
		t.end()
		return err
	}
	o.cfg.Log.Info("leading", "term", number)
	o.term.Store(t)
	err = t.loop(ctx)
	o.term.Store(nil)
	t.end()
	farewell, cancel := context.WithTimeout(context.WithoutCancel(ctx), goodbye)
	defer cancel()
	if err := withdraw(farewell); err != nil {
		o.cfg.Log.Debug("service not withdrawn", "error", err)
	}
	o.cfg.Log.Info("leading no more", "term", number)
	return err
}

// isLeader is TaskMaster.isLeader: elected, and initialised.
func (o *overlord) isLeader() bool { return o.term.Load() != nil }

// do runs f on the leading term's goroutine. false means that this overlord does
// not lead, or ceased to before f was run.
func (o *overlord) do(ctx context.Context, f func(*term)) bool {
	t := o.term.Load()
	return t != nil && t.call(ctx, func() { f(t) })
}

// leading is do for an HTTP handler: whoever does not lead answers 503.
func (o *overlord) leading(w http.ResponseWriter, r *http.Request, f func(*term)) bool {
	if !o.do(r.Context(), f) {
		w.WriteHeader(http.StatusServiceUnavailable)
		return false
	}
	return true
}
