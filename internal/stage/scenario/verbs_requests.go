package scenario

import (
	"context"
	"fmt"
	"strings"
	"time"

	"oakmoot/internal/run/fault"
	"oakmoot/internal/run/fault/quota"
	"oakmoot/internal/zk/zkwire"
)

// requestVerbs are those that meet single ZooKeeper requests: on the nodes' links, and of
// a process of its own in the embedded server.
var requestVerbs = []Verb{
	{Name: "zk_error", Clauses: with(requests, "code"), Needs: []string{"code"}, Reach: ReachSession, Prompt: true, Once: true,
		Do: onRequests(func(s Stage, a Action) requestFate {
			code := zkwire.Code(Codes[a.Word("code")])
			return requestFate{effect: fault.Answer{Code: code}, part: fault.Request, inside: RequestFault{Fate: RequestRefused, Code: int(code)}}
		}), Does: "answers ZooKeeper requests with an error; they take no effect"},
	{Name: "zk_drop_request", Clauses: requests, Reach: ReachSession, Prompt: true, Once: true,
		Do: onRequests(func(Stage, Action) requestFate {
			return requestFate{effect: fault.Lose{}, part: fault.Request, inside: RequestFault{Fate: RequestLost}}
		}), Does: "loses ZooKeeper requests, and the connection with each; they take no effect"},
	{Name: "zk_drop_reply", Clauses: requests, Reach: ReachSession, Prompt: true, Once: true,
		Do: onRequests(func(Stage, Action) requestFate {
			return requestFate{effect: fault.Lose{}, part: fault.Reply, inside: RequestFault{Fate: ReplyLost}}
		}), Does: "loses the answers to ZooKeeper requests, and the connection with each; the requests took effect"},
	{Name: "zk_delay", Clauses: with(requests, "by", "jitter"), Needs: []string{"by"}, Reach: ReachSession, Prompt: true, Once: true,
		Do: onRequests(func(s Stage, a Action) requestFate {
			effect := late(s, a).(fault.Late)
			return requestFate{effect: effect, part: fault.Request, lag: effect.By + effect.Jitter, inside: RequestFault{Fate: RequestLate, Delay: effect.By}}
		}), Does: "makes ZooKeeper requests late, and what is behind them on the connection"},
}

// requestFate is what becomes of a ZooKeeper request: on a link, and inside of the server.
type requestFate struct {
	effect fault.Effect
	part   fault.Part
	lag    time.Duration // how long what was met still takes
	inside RequestFault
}

// onRequests does something to the ZooKeeper requests that an action means.
func onRequests(fate func(Stage, Action) requestFate) Doer {
	return func(ctx context.Context, s Stage, a Action, nodes []Actor) (Done, error) {
		f := fate(s, a)
		var ours, others []Actor
		for _, n := range nodes {
			if n.External() {
				others = append(others, n)
				continue
			}
			ours = append(ours, n)
		}
		var done []Done
		if len(ours) > 0 {
			frames := &fault.Frames{Ops: linkOps(a.Word("op")), Path: below(s.ZooKeeper().Chroot(), a.Word("path"))}
			rule := fault.Rule{Peers: func(p fault.Peer) bool { return p.ZooKeeper }, ZK: frames, Part: f.part}
			d, err := armLinks(ctx, s, a, ours, f.effect, rule)
			if err != nil {
				return Done{}, err
			}
			done = append(done, d)
		}
		if len(others) > 0 {
			d, err := failInside(s, a, others, f.inside)
			if err != nil {
				for _, d := range done {
					_ = d.Undo(ctx) // of links, which cannot fail
				}
				return Done{}, err
			}
			done = append(done, d)
		}
		all := allOf(done)
		all.Lag = f.lag
		return all, nil
	}
}

// failInside has the embedded server do something to the requests of sessions.
func failInside(s Stage, a Action, nodes []Actor, f RequestFault) (Done, error) {
	if a.Has("share") {
		return Done{}, fmt.Errorf("%s is a process of its own: the server that meets its requests knows no share of them", nodes[0].Name())
	}
	f.Ops, f.Path, f.Choice = serverOps(a.Word("op")), a.Word("path"), quota.Choice{Skip: a.Count("skip", 0), Times: a.Times()}
	f.Quota = quota.New()
	var undos []func()
	for _, n := range nodes {
		of := f
		of.Session = n.Session()
		undos = append(undos, s.ZooKeeper().Fail(of))
	}
	done := Done{Undo: func(context.Context) error {
		for _, undo := range undos {
			undo()
		}
		return nil
	}, Touched: func() Touched { return Touched{Requests: int64(f.Quota.Picked())} }}
	if f.Choice.Times > 0 {
		done.Spent = f.Quota.Spent()
	}
	return done, nil
}

// everyday are the operations that op means when it names none: those that a role asks
// for, without what the client does by itself.
var everyday = []string{"create", "delete", "setData", "setACL", "check", "multi", "exists", "getData", "getACL", "getChildren", "sync", "addWatch"}

// linkWords are what the words of op mean on a link, where that is another word.
var linkWords = map[string][]string{
	"": everyday, "any": everyday, "set": {"setData"}, "get": {"getData"}, "children": {"getChildren"}, "watch": {"addWatch", "setWatches"}, "close": {"closeSession"},
}

// linkOps are the words of package fault for the operations that op names.
func linkOps(op string) []string {
	if words, other := linkWords[op]; other {
		return words
	}
	return []string{op}
}

// serverWords are what the words of op mean inside of the server.
var serverWords = map[string][]zkwire.Op{
	"create":   {zkwire.OpCreate, zkwire.OpCreate2, zkwire.OpCreateContainer, zkwire.OpCreateTTL},
	"delete":   {zkwire.OpDelete, zkwire.OpDeleteContainer},
	"set":      {zkwire.OpSetData},
	"multi":    {zkwire.OpMulti},
	"get":      {zkwire.OpGetData},
	"exists":   {zkwire.OpExists},
	"children": {zkwire.OpGetChildren, zkwire.OpGetChildren2},
	"sync":     {zkwire.OpSync},
	"watch":    {zkwire.OpAddWatch, zkwire.OpSetWatches, zkwire.OpSetWatches2},
	"ping":     {zkwire.OpPing},
	"close":    {zkwire.OpCloseSession},
}

// serverOps are the names of the operations that op names, as the server calls them; none
// are all.
func serverOps(op string) (names []string) {
	words := []string{op}
	switch op {
	case "", "any":
		words = []string{"create", "delete", "set", "multi", "get", "exists", "children", "sync", "watch"}
	case "write":
		words = []string{"create", "delete", "set", "multi"}
	case "read":
		words = []string{"get", "exists", "children"}
	}
	for _, word := range words {
		for _, op := range serverWords[word] {
			names = append(names, op.String())
		}
	}
	return names
}

// below is a pattern of paths as links see it: with the chroot before it, and /** at the
// end for all below, but not for what it is below of, as in MatchPath.
func below(chroot, pattern string) string {
	if pattern == "" {
		return ""
	}
	if start, all := strings.CutSuffix(pattern, "/**"); all {
		pattern = start + "/*/**"
	}
	return chroot + pattern
}

// allOf is what came of an action that was done in parts.
func allOf(parts []Done) Done {
	if len(parts) == 1 {
		return parts[0]
	}
	var touched []func() Touched
	for _, d := range parts {
		touched = append(touched, d.Touched)
	}
	return Done{Touched: touches(touched...), Undo: func(ctx context.Context) (err error) {
		for _, d := range parts {
			if e := d.Undo(ctx); e != nil && err == nil {
				err = e
			}
		}
		return err
	}}
}
