package scenario

import (
	"context"
	"time"

	"oakmoot/internal/run/fault"
)

// httpVerbs are those that meet single HTTP exchanges. Those that the node begins go to
// its peers, those that it is asked come from them.
var httpVerbs = []Verb{
	{Name: "http_error", Clauses: with(calls, "status"), Needs: []string{"status"}, Reach: ReachTraffic, Prompt: true, Once: true,
		Do:   onExchanges(fault.Request, func(_ Stage, a Action) fault.Effect { return fault.Answer{Status: a.Count("status", 0)} }),
		Does: "answers HTTP requests with a status; they do not arrive"},
	{Name: "http_delay", Clauses: with(calls, "by", "jitter"), Needs: []string{"by"}, Reach: ReachTraffic, Prompt: true, Once: true,
		Do: onExchanges(fault.Request, late), Does: "makes HTTP requests late"},
	{Name: "http_drop_request", Clauses: calls, Reach: ReachTraffic, Prompt: true, Once: true,
		Do: onExchanges(fault.Request, lose), Does: "loses HTTP requests, and the connection with each"},
	{Name: "http_drop_reply", Clauses: calls, Reach: ReachTraffic, Prompt: true, Once: true,
		Do: onExchanges(fault.Reply, lose), Does: "loses the answers to HTTP requests, and the connection with each; the requests took effect"},
	{Name: "http_double", Clauses: calls, Reach: ReachTraffic, Prompt: true, Once: true,
		Do:   onExchanges(fault.Request, func(Stage, Action) fault.Effect { return fault.Double{} }),
		Does: "has HTTP requests arrive twice"},
}

// onExchanges does something to the HTTP exchanges that an action means.
func onExchanges(part fault.Part, effect func(Stage, Action) fault.Effect) Doer {
	return func(ctx context.Context, s Stage, a Action, nodes []Actor) (Done, error) {
		exchanges := &fault.Exchanges{Resource: below("", a.Word("path"))}
		if method := a.Word("method"); method != "" {
			exchanges.Methods = []string{method}
		}
		done, err := armLinks(ctx, s, a, nodes, effect(s, a), fault.Rule{HTTP: exchanges, Part: part})
		done.Lag = lagOf(s, a)
		return done, err
	}
}

// lagOf is how long what an action has met may still take.
func lagOf(s Stage, a Action) time.Duration {
	return a.Span("by").In(s.SessionTimeout()) + a.Span("jitter").In(s.SessionTimeout())
}
