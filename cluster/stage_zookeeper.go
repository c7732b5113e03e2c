package cluster

import (
	"context"
	"errors"
	"time"

	"oakmoot/internal/run/fault/diskfault"
	"oakmoot/internal/stage/scenario"
	"oakmoot/zkembed"
)

// serverSide is what verbs can do to ZooKeeper.
type serverSide struct{ zk *ensemble }

func (z serverSide) Embedded() bool { return z.zk.server != nil }

func (z serverSide) Chroot() string { return z.zk.chroot }

// Disk is nil for a server that keeps everything in memory.
func (z serverSide) Disk() *diskfault.Disk {
	if z.zk.server == nil || z.zk.server.Options().DataDir == "" {
		return nil
	}
	return z.zk.disk
}

func (z serverSide) Expire(ctx context.Context, session int64) error {
	return z.zk.server.Expire(ctx, zkembed.SessionID(session))
}

func (z serverSide) Disconnect(ctx context.Context, session int64) error {
	return z.zk.server.Disconnect(ctx, zkembed.SessionID(session))
}

func (z serverSide) Endpoints() []scenario.Endpoint {
	var all []scenario.Endpoint
	for _, e := range z.zk.server.Endpoints() {
		all = append(all, e)
	}
	return all
}

func (z serverSide) Fail(f scenario.RequestFault) (undo func()) {
	return z.zk.server.Fail(zkembed.Rule{
		Ops: f.Ops, Path: f.Path, Session: zkembed.SessionID(f.Session), Action: fates[f.Fate], Code: zkembed.Code(f.Code), Delay: f.Delay,
		Pick: func() bool { return f.Quota.Pick(f.Choice, nil) },
	})
}

// fates are what the server does to a request.
var fates = map[scenario.RequestFate]zkembed.Action{
	scenario.RequestRefused: zkembed.ActError, scenario.RequestLost: zkembed.ActDropRequest, scenario.ReplyLost: zkembed.ActDropReply, scenario.RequestLate: zkembed.ActDelay,
}

// reopenLimit bounds how long opening an endpoint for the goodbyes may take.
const reopenLimit = time.Second

// calmAtTheEnd opens the endpoints that are down or read-only once ctx ends, so that the
// nodes can say goodbye.
func (e *ensemble) calmAtTheEnd(ctx context.Context) error {
	<-ctx.Done()
	if e.server == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), reopenLimit)
	defer cancel()
	for _, endpoint := range e.server.Endpoints() {
		err := endpoint.SetReadOnly(ctx, false)
		if errors.Is(err, zkembed.ErrNotRunning) {
			err = nil // its disk has a fault
		}
		if err = errors.Join(err, endpoint.Start()); err != nil {
			e.log.Warn("ZooKeeper is not back for the goodbyes", "address", endpoint.Addr(), "error", err)
		}
	}
	return nil
}
