package cluster

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"oakmoot/internal/druid"
	"oakmoot/internal/stage/kinds"
	"oakmoot/internal/stage/scenario"
)

// Status is the whole cluster at this moment. While an external ZooKeeper is away, it
// says since when, and what is known without.
func (c *Cluster) Status(ctx context.Context) (Status, error) {
	m, err := c.moment(ctx, scenario.FromZooKeeper|scenario.FromStore)
	since, away := awaySince(err)
	if away {
		if m, err = c.moment(ctx, scenario.FromStore); err == nil {
			m.zk, m.left = newView(), newView()
		}
	}
	if err != nil {
		return Status{}, err
	}
	tasks, err := c.tasks(ctx)
	if err != nil {
		return Status{}, err
	}
	for i := range tasks {
		tasks[i].Worker = cmp.Or(c.nodeAt(m.zk.runsOn[tasks[i].ID]), m.zk.runsOn[tasks[i].ID]) // one that is none of ours is known by its host
	}
	unreadable, err := c.store.Unreadable(ctx)
	if err != nil {
		return Status{}, err
	}
	a := c.Addresses()
	st := Status{
		Name: c.topo.Name, Seed: c.seed, Ready: closed(c.ready), ZooKeeper: a.ZooKeeper, Base: a.Base, Data: a.Data,
		Leaders: map[string]string{}, Used: m.store.Used, Served: map[string]int{}, Tasks: tasks,
		Faults: m.faults, Steps: c.playbook.list(), Expects: c.judge.list(), Rows: c.intakes.list(), ZooKeeperAway: since,
	}
	for _, row := range unreadable {
		st.Unreadable = append(st.Unreadable, row.String())
	}
	for ds, segments := range m.zk.served(druid.TypeHistorical) {
		st.Served[ds] = len(segments)
	}
	for i, n := range c.nodes {
		st.Nodes = append(st.Nodes, reportNode(n, m.nodes[i], m, st.Leaders))
	}
	for _, host := range m.zk.hosts() {
		st.Segments = append(st.Segments, c.reportServer(host, m.zk))
	}
	for _, host := range m.left.hosts() {
		r := c.reportServer(host, m.left)
		r.Gone = true
		st.Segments = append(st.Segments, r)
	}
	return st, nil
}

// reportNode tells one node, and notes it among the leaders if it leads.
func reportNode(n *node, f fact, m *moment, leaders map[string]string) Node {
	r := Node{
		Name: f.name, Kind: f.kind, Host: f.host, State: string(f.state), Incarnated: int(n.started.Load()),
		Leader: m.leads(f), Note: m.note(f), Lingering: m.lingering(f),
	}
	if o := n.seat.Load(); o != nil {
		r.External, r.Version, r.Remarks = true, o.version, o.remarks
	}
	if kinds.Of(n.kind).Elects {
		if r.Leader || leaders[n.kind] == "" {
			leaders[n.kind] = map[bool]string{true: n.name}[r.Leader]
		}
	}
	if f.session != 0 && f.runs() {
		r.Session = fmt.Sprintf("0x%x", f.session)
	}
	for _, armed := range m.faults {
		if slices.Contains(armed.Nodes, f.name) {
			r.Faults = append(r.Faults, armed.ID+" "+armed.Do)
		}
	}
	return r
}

// lingering are the sessions of which ZooKeeper still shows what the node announced in
// a life or session that is over.
func (m *moment) lingering(f fact) []Lingering {
	var all []Lingering
	for _, session := range slices.Sorted(maps.Keys(m.left.owned[f.host])) {
		all = append(all, Lingering{Session: fmt.Sprintf("0x%x", session), Ends: m.ends[session]})
	}
	return all
}

func (c *Cluster) reportServer(host string, v *view) ServedSegments {
	meta := v.servers[host]
	r := ServedSegments{
		Server: host, Node: c.nodeAt(host), Type: meta.Type, Tier: meta.Tier, MaxSize: meta.MaxSize, SegmentIDs: []string{},
	}
	for _, id := range v.ids(host) {
		r.SegmentIDs = append(r.SegmentIDs, id.String())
		r.Size += v.segments[host][id]
	}
	return r
}

// nodeAt is the name of the node at an address, or "" for a foreign one.
func (c *Cluster) nodeAt(host string) string {
	for _, n := range c.nodes {
		if host != "" && n.host() == host {
			return n.name
		}
	}
	return ""
}

// Tree lists the znodes at and below path, parents first.
func (c *Cluster) Tree(ctx context.Context, path string) ([]Znode, error) {
	if !strings.HasPrefix(path, "/") {
		return nil, fmt.Errorf("%w: path %q does not begin with /", ErrBadExpression, path)
	}
	if path != "/" {
		path = strings.TrimSuffix(path, "/")
	}
	nodes := []Znode{}
	err := c.tree.walk(ctx, path, func(n znode) error {
		nodes = append(nodes, Znode{
			Path: n.path, Owner: c.owner(n.owner), Ephemeral: n.owner != 0, Version: n.version,
			Data: n.data, Text: readable(n.data), Kind: string(c.paths.Parse(n.path).Kind),
		})
		return nil
	})
	return nodes, err
}

// readable is a payload as text: unzipped, and quoted when it is no text.
func readable(data []byte) string {
	text := druid.Gunzip(data)
	if !utf8.Valid(text) {
		return fmt.Sprintf("%d bytes: %x", len(text), text)
	}
	return string(text)
}

func closed(ch <-chan struct{}) bool {
	select {
	case <-ch:
		return true
	default:
		return false
	}
}

// tasksShown bounds how many finished tasks a status holds.
const tasksShown = 100

// tasks are the metadata store's tasks, active ones first, then the newest.
func (c *Cluster) tasks(ctx context.Context) ([]Task, error) {
	active, err := c.store.ActiveTasks(ctx)
	if err != nil {
		return nil, fmt.Errorf("active tasks: %w", err)
	}
	finished, err := c.store.RecentlyFinished(ctx, 0, tasksShown)
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
