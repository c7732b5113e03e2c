package cluster

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"oakmoot/internal/control"
	"oakmoot/internal/druid"
)

// Status is the whole cluster at this moment.
func (c *Cluster) Status(ctx context.Context) (control.Status, error) {
	v, err := c.view(ctx)
	if err != nil {
		return control.Status{}, err
	}
	used, err := c.usedByDataSource(ctx)
	if err != nil {
		return control.Status{}, err
	}
	tasks, err := c.tasks(ctx)
	if err != nil {
		return control.Status{}, err
	}
	for i := range tasks {
		tasks[i].Worker = cmp.Or(c.nodeAt(v.runsOn[tasks[i].ID]), v.runsOn[tasks[i].ID]) // one that is none of ours is known by its host
	}
	a := c.Addresses()
	st := control.Status{
		Name: c.topo.Name, Seed: c.seed, Ready: closed(c.ready), ZooKeeper: a.ZooKeeper, Base: a.Base, Data: a.Data,
		Leaders: map[string]string{}, Used: used, Served: map[string]int{}, Tasks: tasks,
		Faults: c.armed.list(), Steps: c.playbook.list(), Expects: c.judge.list(), Rows: c.intakes.list(),
	}
	for ds, segments := range v.served(druid.TypeHistorical) {
		st.Served[ds] = len(segments)
	}
	for _, n := range c.nodes {
		st.Nodes = append(st.Nodes, c.reportNode(n, v, st.Faults, st.Leaders))
	}
	for _, host := range v.hosts() {
		st.Segments = append(st.Segments, c.reportServer(host, v))
	}
	return st, nil
}

// reportNode tells one node, and notes it among the leaders if it leads.
func (c *Cluster) reportNode(n *node, v *view, armed []control.Fault, leaders map[string]string) control.Node {
	r := control.Node{
		Name: n.name, Kind: n.kind, Host: n.host(), State: string(n.current()), Incarnated: int(n.started.Load()),
	}
	if o := n.seat.Load(); o != nil {
		r.External, r.Version, r.Remarks = true, o.version, o.remarks
	}
	if kinds[n.kind].latch {
		r.Leader = slices.Contains(v.leading(n.kind), r.Host)
		if r.Leader || leaders[n.kind] == "" {
			leaders[n.kind] = map[bool]string{true: n.name}[r.Leader]
		}
	}
	if id := n.sessionID(); id != 0 {
		r.Session = fmt.Sprintf("0x%x", id)
	}
	for _, f := range armed {
		if slices.Contains(f.Nodes, n.name) {
			r.Faults = append(r.Faults, f.ID+" "+f.Do)
		}
	}
	return r
}

func (c *Cluster) reportServer(host string, v *view) control.ServedSegments {
	meta := v.servers[host]
	r := control.ServedSegments{
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

// usedByDataSource counts the used segments of the metadata store.
func (c *Cluster) usedByDataSource(ctx context.Context) (map[string]int, error) {
	used, err := c.store.Used(ctx)
	if err != nil {
		return nil, fmt.Errorf("used segments: %w", err)
	}
	counts := map[string]int{}
	for _, s := range used {
		counts[s.DataSource]++
	}
	return counts, nil
}

// Tree lists the znodes at and below path, parents first.
func (c *Cluster) Tree(ctx context.Context, path string) ([]control.Znode, error) {
	if !strings.HasPrefix(path, "/") {
		return nil, fmt.Errorf("%w: path %q does not begin with /", control.ErrBadExpression, path)
	}
	if path != "/" {
		path = strings.TrimSuffix(path, "/")
	}
	nodes := []control.Znode{}
	err := c.tree.walk(ctx, path, func(n znode) error {
		nodes = append(nodes, control.Znode{
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
func (c *Cluster) tasks(ctx context.Context) ([]control.Task, error) {
	active, err := c.store.ActiveTasks(ctx)
	if err != nil {
		return nil, fmt.Errorf("active tasks: %w", err)
	}
	finished, err := c.store.RecentlyFinished(ctx, 0, tasksShown)
	if err != nil {
		return nil, fmt.Errorf("finished tasks: %w", err)
	}
	tasks := []control.Task{}
	for _, info := range append(active, finished...) {
		tasks = append(tasks, control.Task{
			ID: info.Task.ID, Type: info.Task.Type, DataSource: info.Task.DataSource,
			Status: info.Status.Status, ErrorMsg: info.Status.ErrorMsg,
		})
	}
	return tasks, nil
}
