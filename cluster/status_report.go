package cluster

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"math"

	"oakmoot/internal/druid"
	"oakmoot/internal/run/metadata"
	"oakmoot/internal/stage/kinds"
	"oakmoot/internal/stage/observe"
	"oakmoot/internal/stage/scenario"
)

// Status is the cluster at this moment, with every node and every data server. While an
// external ZooKeeper is away, it says since when, and what is known without it.
func (c *Cluster) Status(ctx context.Context) (Status, error) { return c.StatusOf(ctx, 0) }

// StatusOf is Status with lists of nodes, servers and tasks, and of each server's segments,
// that end after limit; 0 is no limit.
func (c *Cluster) StatusOf(ctx context.Context, limit int) (Status, error) {
	if limit <= 0 {
		limit = math.MaxInt
	}
	tasks, err := storedTasks(ctx, c.store, "", min(limit, tasksShown))
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
	st.Live, st.SessionTimeout = true, c.topo.ZooKeeper.SessionTimeout.Milliseconds()
	for _, row := range unreadable {
		st.Unreadable = append(st.Unreadable, row.String())
	}
	what := asked{Source: scenario.FromZooKeeper | scenario.FromStore, ends: true}
	look := func(m *observe.Moment) {
		report(m, limit, &st)
		for i, n := range c.roster.all() {
			if i < len(st.Nodes) {
				st.Nodes[i] = n.withLife(st.Nodes[i])
			}
		}
		st.Seq = c.annals.told.seq()
		st.Headline = c.headline(m, &st)
		for i, f := range m.Faults() {
			st.Faults[i].TOML = stepTOML(f.Do, c.annals.sinceReady(f.Since))
		}
	}
	err = c.observer.look(ctx, what, look)
	if since, away := awaySince(err); away {
		st.ZooKeeperAway = since
		err = c.observer.blind(ctx, look)
	}
	if err != nil {
		return Status{}, err
	}
	return st, nil
}

// withLife adds what only the node itself knows.
func (n *node) withLife(r Node) Node {
	r.Incarnated = int(n.started.Load())
	if o := n.seat.Load(); o != nil {
		r.External, r.Version, r.Remarks = true, o.version, o.remarks
	}
	return r
}

// report fills in what the model knows.
func report(m *observe.Moment, limit int, st *Status) {
	all := m.Nodes()
	st.Used, st.Served, st.Faults, st.Leaders = maps.Clone(m.Store().Used), map[string]int{}, []Fault{}, leadersOf(m)
	st.Zxid, st.Now = m.Zxid(), m.Time
	for _, ds := range m.Live.ServedDataSources(druid.TypeHistorical) {
		st.Served[ds] = m.Live.Served(druid.TypeHistorical, ds)
	}
	nameWorkers(st.Tasks, m)
	for _, f := range m.Faults() {
		st.Faults = append(st.Faults, faultOf(f))
	}
	faults := faultsByNode(m)
	for _, n := range all[:min(len(all), limit)] {
		st.Nodes = append(st.Nodes, reportNode(n, m, faults))
	}
	servers := serversOf(m)
	st.Total = Totals{Nodes: len(all), Servers: len(servers), Segments: m.Announced(), Tasks: totalTasks(m), TaskStates: maps.Clone(m.Store().Tasks)}
	for _, s := range servers {
		st.Total.Announcements += s.shown.Segments(s.host)
	}
	servers = servers[:min(len(servers), limit)]
	share := min(segmentShare(len(servers)), limit)
	for _, s := range servers {
		st.Segments = append(st.Segments, reportServer(s, m, share))
	}
}

// leadersOf are the names of the leading nodes, by kind; "" when none leads.
func leadersOf(m *observe.Moment) map[string]string {
	leaders := map[string]string{}
	for _, n := range m.Nodes() {
		if !kinds.Of(n.Kind).Elects {
			continue
		}
		if _, known := leaders[n.Kind]; !known {
			leaders[n.Kind] = ""
		}
		if m.Leads(n) {
			leaders[n.Kind] = n.Name
		}
	}
	return leaders
}

// nameWorkers fills in where tasks run. A worker that is not ours is known by its host.
func nameWorkers(tasks []Task, m *observe.Moment) {
	for i, task := range tasks {
		host := m.Live.Worker(task.ID)
		tasks[i].Worker = cmp.Or(m.At(host), host)
	}
}

func totalTasks(m *observe.Moment) (total int) {
	for _, n := range m.Store().Tasks {
		total += n
	}
	return total
}

// faultsByNode are the armed faults, in words, by the names of the nodes that they met.
func faultsByNode(m *observe.Moment) map[string][]string {
	faults := map[string][]string{}
	for _, armed := range m.Faults() {
		for _, name := range armed.Nodes {
			faults[name] = append(faults[name], armed.ID+" "+armed.Do)
		}
	}
	return faults
}

func reportNode(n observe.Node, m *observe.Moment, faults map[string][]string) Node {
	r := Node{
		Name: n.Name, Kind: n.Kind, Host: n.Host, State: string(n.State), External: n.External,
		Leader: m.Leads(n), Note: m.Note(n), Since: m.Since(n.Name),
	}
	sessions := m.Lingering(n)
	for _, session := range sessions {
		r.Lingering = append(r.Lingering, Lingering{Session: fmt.Sprintf("0x%x", session), Ends: m.Ends[session]})
		r.Ends = m.Ends[session]
	}
	if n.Session != 0 && n.Runs() {
		r.Session, r.Ends = fmt.Sprintf("0x%x", n.Session), m.Ends[n.Session]
		sessions = append(sessions, n.Session)
	}
	for _, session := range sessions {
		r.Ephemerals += m.Owned(session)
	}
	r.Faults = faults[n.Name]
	return r
}

// faultOf is a fault as the model has it.
func faultOf(f observe.Fault) Fault {
	return Fault{ID: f.ID, Do: f.Do, Nodes: f.Nodes, Since: f.Since, Until: f.Until, Made: f.Made}
}

// shownServer is a data server that announces itself, or that a dead session has announced.
type shownServer struct {
	host  string
	shown *observe.Shown
}

// serversOf are the data servers: first those that announce themselves, by their addresses, then those that are gone.
func serversOf(m *observe.Moment) (all []shownServer) {
	for _, shown := range []*observe.Shown{m.Live, m.Left} {
		for _, host := range shown.Servers() {
			all = append(all, shownServer{host, shown})
		}
	}
	return all
}

// Bounds of the lists of a status.
const (
	tasksShown    = 100    // finished tasks
	segmentsShown = 10_000 // segments of all servers together
	fewestShown   = 10     // of each server, however many servers there are
)

// segmentShare is how many segments are listed of each of so many servers.
func segmentShare(servers int) int { return max(fewestShown, segmentsShown/max(1, servers)) }

func reportServer(s shownServer, m *observe.Moment, share int) ServedSegments {
	meta, _ := s.shown.Server(s.host)
	r := ServedSegments{
		Server: s.host, Node: m.At(s.host), Type: meta.Type, Tier: meta.Tier, MaxSize: meta.MaxSize, SegmentIDs: []string{},
		Count: s.shown.Segments(s.host), Size: s.shown.Bytes(s.host), Gone: s.shown == m.Left,
	}
	for _, id := range s.shown.SegmentsOf(s.host, share) {
		r.SegmentIDs = append(r.SegmentIDs, id.String())
	}
	return r
}

// storedTasks are the first of the metadata store's tasks behind one of them: active ones first, then the newest.
func storedTasks(ctx context.Context, store *metadata.Store, after string, limit int) ([]Task, error) {
	listed, err := store.ListTasks(ctx, after, limit)
	if errors.Is(err, metadata.ErrNotFound) {
		return nil, fmt.Errorf("after: no task %q: %w", after, ErrBadExpression)
	}
	if err != nil {
		return nil, fmt.Errorf("tasks: %w", err)
	}
	tasks := make([]Task, len(listed))
	for i, t := range listed {
		tasks[i] = Task{ID: t.ID, Type: t.Type, DataSource: t.DataSource, Status: t.Status.Status, ErrorMsg: t.Status.ErrorMsg}
	}
	return tasks, nil
}
