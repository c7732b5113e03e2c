package cluster

import (
	"context"

	"oakmoot/internal/stage/scenario"
)

// doer is how a verb is carried out on nodes.
type doer struct {
	do    func(ctx context.Context, d *director, a scenario.Action, nodes []*node) (done, error)
	reach reach // what has to be ours of each of the nodes
}

// done is what came of an action.
type done struct {
	undo   func(context.Context) error // nil for a single shot
	healed []string                    // of a verb that ends faults: the nodes that had them
}

// doers are the verbs that this version carries out, by their names in scenario.Verbs.
var doers = map[string]doer{
	"kill":           supervised(verbKill, verbStart),
	"stop":           supervised(verbStop, verbStart),
	"start":          started(verbStart),
	"restart":        started(verbRestart),
	"pause":          {pause, reachTraffic},
	"resume":         {resume, reachTraffic},
	"expire_session": {expireSession, reachSession},
	"disconnect":     {disconnect, reachSession},
	"partition":      {partition, reachTraffic},
	"delay":          {delay, reachTraffic},
	"heal":           {heal, reachNothing},
}
