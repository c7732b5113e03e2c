package cluster

import (
	"context"

	"oakmoot/internal/stage/scenario"
	"oakmoot/zkembed"
)

// serverSide is what verbs can do to ZooKeeper; its server is nil when that is external.
type serverSide struct {
	srv    *zkembed.Server
	chroot string
}

func (z serverSide) Embedded() bool { return z.srv != nil }

func (z serverSide) Chroot() string { return z.chroot }

func (z serverSide) Expire(ctx context.Context, session int64) error {
	return z.srv.Expire(ctx, zkembed.SessionID(session))
}

func (z serverSide) Disconnect(ctx context.Context, session int64) error {
	return z.srv.Disconnect(ctx, zkembed.SessionID(session))
}

func (z serverSide) Endpoints() []scenario.Endpoint {
	var all []scenario.Endpoint
	for _, e := range z.srv.Endpoints() {
		all = append(all, e)
	}
	return all
}

func (z serverSide) Fail(f scenario.RequestFault) (undo func()) {
	return z.srv.Fail(zkembed.Rule{
		Ops: f.Ops, Path: f.Path, Session: zkembed.SessionID(f.Session), Action: fates[f.Fate], Code: zkembed.Code(f.Code), Delay: f.Delay,
		Pick: func() bool { return f.Quota.Pick(f.Choice, nil) },
	})
}

// fates are what the server does to a request.
var fates = map[scenario.RequestFate]zkembed.Action{
	scenario.RequestRefused: zkembed.ActError, scenario.RequestLost: zkembed.ActDropRequest, scenario.ReplyLost: zkembed.ActDropReply, scenario.RequestLate: zkembed.ActDelay,
}
