package cluster

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"oakmoot/internal/druid"
	"oakmoot/internal/run/metadata"
	"oakmoot/internal/stage/kinds"
	"oakmoot/internal/stage/observe"
	"oakmoot/internal/stage/scenario"
)

// Status is the whole cluster at this moment. While an external ZooKeeper is away, it
// says since when, and what is known without it.
func (c *Cluster) Status(ctx context.Context) (Status, error) {
	tasks, err := storedTasks(ctx, c.store)
	if err != nil {
		return Status{}, err
	}
	unreadable, err := c.store.Unreadable(ctx)
	if err != nil {
		return Status{}, err
	}
	a := c.Addresses()
	st := Status{
		Name: c.topo.Name, Seed: c.seed, Ready: closed(c.ready), ZooKeeper: a.ZooKeeper, Base: a.Base, Data: a.Data, Tasks: tasks,
		Steps: stepsOf(c.playbook, c.director.damage.list()), Expects: c.judge.list(), Rows: c.intakes.list(),
		Invariants: c.guard.list(),
	}
	for _, row := range unreadable {
		st.Unreadable = append(st.Unreadable, row.String())
	}
	what := asked{Source: scenario.FromZooKeeper | scenario.FromStore, ends: true}
	err = c.observer.look(ctx, what, func(m *observe.Moment) { report(m, c.roster.all(), &st) })
	if since, away := awaySince(err); away {
		st.ZooKeeperAway = since
		err = c.observer.blind(ctx, func(m *observe.Moment) { report(m, c.roster.all(), &st) })
	}
	if err != nil {
		return Status{}, err
	}
	return st, nil
}

// report fills in what the model knows.
func report(m *observe.Moment, all nodes, st *Status) {
	st.Used, st.Served, st.Faults, st.Leaders = m.Store().Used, map[string]int{}, []Fault{}, map[string]string{}
	for _, ds := range m.Live.ServedDataSources(druid.TypeHistorical) {
		st.Served[ds] = m.Live.Served(druid.TypeHistorical, ds)
	}
	for i, task := range st.Tasks {
		host := m.Live.Worker(task.ID)
		st.Tasks[i].Worker = cmp.Or(m.At(host), host) // a worker that is not ours is known by its host
	}
	for _, f := range m.Faults() {
		st.Faults = append(st.Faults, Fault(f))
	}
	for _, n := range all {
		st.Nodes = append(st.Nodes, reportNode(n, m, st.Leaders))
	}
	for _, shown := range []*observe.Shown{m.Live, m.Left} {
		for _, host := range shown.Servers() {
			r := reportServer(host, m, shown)
			r.Gone = shown == m.Left
			st.Segments = append(st.Segments, r)
		}
	}
}

// reportNode reports one node, and notes it among the leaders if it leads.
func reportNode(n *node, m *observe.Moment, leaders map[string]string) Node {
	known := m.Node(n.name)
	r := Node{
		Name: n.name, Kind: n.kind, Host: known.Host, State: string(known.State), Incarnated: int(n.started.Load()),
		Leader: m.Leads(known), Note: m.Note(known),
	}
	for _, session := range m.Lingering(known) {
		r.Lingering = append(r.Lingering, Lingering{Session: fmt.Sprintf("0x%x", session), Ends: m.Ends[session]})
	}
	if o := n.seat.Load(); o != nil {
		r.External, r.Version, r.Remarks = true, o.version, o.remarks
	}
	if kinds.Of(n.kind).Elects {
		if r.Leader || leaders[n.kind] == "" {
			leaders[n.kind] = map[bool]string{true: n.name}[r.Leader]
		}
	}
	if known.Session != 0 && known.Runs() {
		r.Session = fmt.Sprintf("0x%x", known.Session)
	}
	for _, armed := range m.Faults() {
		if slices.Contains(armed.Nodes, n.name) {
			r.Faults = append(r.Faults, armed.ID+" "+armed.Do)
		}
	}
	return r
}

func reportServer(host string, m *observe.Moment, shown *observe.Shown) ServedSegments {
	meta, _ := shown.Server(host)
	r := ServedSegments{
		Server: host, Node: m.At(host), Type: meta.Type, Tier: meta.Tier, MaxSize: meta.MaxSize, SegmentIDs: []string{},
	}
	ids, size := shown.SegmentsOf(host)
	r.Size = size
	for _, id := range ids {
		r.SegmentIDs = append(r.SegmentIDs, id.String())
	}
	return r
}

// tasksShown bounds how many finished tasks a status lists.
const tasksShown = 100

// storedTasks are the metadata store's tasks, active ones first, then the newest.
func storedTasks(ctx context.Context, store *metadata.Store) ([]Task, error) {
	active, err := store.ActiveTasks(ctx)
	if err != nil {
		return nil, fmt.Errorf("active tasks: %w", err)
	}
	finished, err := store.RecentlyFinished(ctx, 0, tasksShown)
	if err != nil {
		return nil, fmt.Errorf("finished tasks: %w", err)
	}
	tasks := []Task{}
	for _, info := range append(active, finished...) {
		tasks = append(tasks, Task{
			ID: info.Task.ID, Type: info.Task.Type, DataSource: info.Task.DataSource,
			Status: info.Status.Status, ErrorMsg: info.Status.ErrorMsg,
		})
	}
	return tasks, nil
}
