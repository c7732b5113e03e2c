package cluster

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"oakmoot/internal/druid"
	"oakmoot/internal/stage/headline"
	"oakmoot/internal/stage/history"
	"oakmoot/internal/stage/kinds"
	"oakmoot/internal/stage/observe"
	"oakmoot/internal/stage/scenario"
	"oakmoot/internal/zk/zkpath"
)

// unknownBefore are the keys of a status of which the steps of a run say nothing; of some there may be notes.
var unknownBefore = []string{"used", "steps", "expectations", "rows", "invariants"}

// StatusAt is the cluster as it was right after a step, as far as the steps say; 0 is the last one. Lists end after
// limit; 0 is no limit.
func (p *Past) StatusAt(seq int64, limit int) (st Status, err error) {
	if limit <= 0 {
		limit = math.MaxInt
	}
	st = Status{
		Name: p.name, Seed: p.header.Seed, Ready: true, Base: cmp.Or(p.header.Paths["druid.zk.paths.base"], "/druid"), Unknown: p.unknown(),
		SessionTimeout: p.header.Session.Milliseconds(),
	}
	var wrong error
	err = p.at(seq, func(past history.Past) {
		m := past.Moment
		tasks := tasksOf(past)
		st.Tasks = tasks[:min(len(tasks), limit)]
		report(m, limit, &st)
		for i, n := range st.Nodes {
			st.Nodes[i] = incarnated(past, n)
		}
		st.Seq, st.Zxid = past.Seq, past.Zxid
		st.Total.Tasks, st.Total.TaskStates = len(tasks), map[string]int{}
		for _, t := range tasks {
			st.Total.TaskStates[t.Status]++
		}
		for i, f := range st.Faults {
			st.Faults[i].TOML = stepTOML(f.Do, max(0, f.Since.Sub(p.Span().FirstTime)))
		}
		if wrong = recall(past, &st); wrong != nil {
			return
		}
		st.Headline = Headline(headline.Of(headline.Scene{Moment: m, Ready: true, Broken: brokenOf(&st)}))
	})
	return st, cmp.Or(err, wrong)
}

// unknown are the keys of a status of which neither steps nor notes say anything.
func (p *Past) unknown() (keys []string) {
	for _, key := range unknownBefore {
		if !slices.Contains(p.header.Notes, key) {
			keys = append(keys, key)
		}
	}
	return keys
}

// recall fills in what was noted.
func recall(past history.Past, st *Status) (err error) {
	if !slices.Contains(st.Unknown, keySteps) {
		if st.Steps, err = noted[StepState](past.Notes(keySteps)); err != nil {
			return fmt.Errorf("a note of a step: %w", err)
		}
	}
	if !slices.Contains(st.Unknown, keyExpects) {
		if st.Expects, err = noted[Expectation](past.Notes(keyExpects)); err != nil {
			return fmt.Errorf("a note of an expectation: %w", err)
		}
	}
	return nil
}

// incarnated adds how often a node of ours had been started.
func incarnated(past history.Past, n Node) Node {
	if !n.External {
		n.Incarnated = past.Incarnation(n.Name)
	}
	return n
}

// tasksOf are the tasks that ZooKeeper shows: those that run last, as in the store.
func tasksOf(past history.Past) []Task {
	byID := map[string]Task{}
	look := func(path string) bool {
		parsed := past.Paths.Parse(path)
		if parsed.Kind != zkpath.KindTask && parsed.Kind != zkpath.KindStatus {
			return true
		}
		task := byID[parsed.Name]
		task.ID, task.Worker = parsed.Name, cmp.Or(past.Moment.At(parsed.Server), parsed.Server)
		if n, _ := past.Znode(path); parsed.Kind == zkpath.KindStatus {
			says, _ := observe.Decode(parsed, n.Data)
			announced, _ := says.(druid.TaskAnnouncement)
			task.Type, task.DataSource, task.Status, task.ErrorMsg = announced.Type, announced.DataSource, announced.Status.Status, announced.Status.ErrorMsg
		}
		task.Status = cmp.Or(task.Status, "RUNNING") // it is assigned, and has not begun
		byID[parsed.Name] = task
		return true
	}
	for _, dir := range []string{past.Paths.IndexerTasks, past.Paths.IndexerStatus} {
		past.Walk(dir, func(string) bool { return true }, look)
	}
	tasks := make([]Task, 0, len(byID))
	for _, t := range byID {
		tasks = append(tasks, t)
	}
	slices.SortFunc(tasks, func(a, b Task) int { return strings.Compare(a.ID, b.ID) })
	return tasks
}

// NodesAt lists the nodes as they were.
func (p *Past) NodesAt(seq int64, page Page) (l Listing[Node], err error) {
	err = p.at(seq, func(past history.Past) {
		m := past.Moment
		faults := faultsByNode(m)
		var nodes []Node
		for _, n := range m.Nodes() {
			nodes = append(nodes, incarnated(past, reportNode(n, m, faults)))
		}
		l = pageOf(nodes, page, func(n Node) string { return n.Name })
	})
	return l, err
}

// ServersAt lists the data servers as they were.
func (p *Past) ServersAt(seq int64, page Page) (l Listing[ServedSegments], err error) {
	err = p.at(seq, func(past history.Past) { l = serversPage(past.Moment, page) })
	return l, err
}

// SegmentsAt lists the announced segments as they were.
func (p *Past) SegmentsAt(seq int64, page Page) (l Listing[Segment], err error) {
	var unknown error
	err = p.at(seq, func(past history.Past) { l, unknown = segmentsPage(past.Moment, page) })
	return l, cmp.Or(err, unknown)
}

// TasksAt lists the tasks that ZooKeeper showed.
func (p *Past) TasksAt(seq int64, page Page) (l Listing[Task], err error) {
	err = p.at(seq, func(past history.Past) { l = pageOf(tasksOf(past), page, func(t Task) string { return t.ID }) })
	return l, err
}

// pageOf is a page of a list that is there as a whole.
func pageOf[T any](all []T, p Page, key func(T) string) Listing[T] {
	rest := all
	if p.After != "" {
		at := slices.IndexFunc(all, func(item T) bool { return key(item) == p.After })
		rest = all[at+1:]
	}
	return listed(rest[:min(len(rest), p.limit()+1)], p.limit(), len(all), key)
}

// StepTOML is the step of a topology that does what an expression does.
func (p *Past) StepTOML(expression string) (string, error) {
	var nodes []scenario.Node
	for _, n := range p.header.Nodes {
		nodes = append(nodes, scenario.Node{Name: n.Name, Kind: n.Kind})
	}
	return checkedTOML(expression, kinds.Universe(nodes), 0)
}
