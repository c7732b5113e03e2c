package cluster

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"oakmoot/internal/druid"
	"oakmoot/internal/stage/observe"
	"oakmoot/internal/stage/scenario"
)

// Page is the part of a list that is asked for.
type Page struct {
	After string // the key of what it begins behind; "" is the beginning of the list
	Limit int    // how much there is on it at most; 0 is PageLimit
}

// PageLimit is how much there is on a page whose limit is not given.
const PageLimit = 1000

func (p Page) limit() int { return cmp.Or(max(p.Limit, 0), PageLimit) }

// Listing is a page of a list.
type Listing[T any] struct {
	Items []T
	Total int    // of the whole list; -1 when nobody counts that
	Next  string // the key that the next page begins behind; "" when there is nothing more
}

// listed is a page that was asked for with one item more than it may have: then there is more.
func listed[T any](items []T, limit, total int, key func(T) string) Listing[T] {
	l := Listing[T]{Items: items, Total: total}
	if len(items) > limit {
		l.Items = items[:limit]
		l.Next = key(items[limit-1])
	}
	return l
}

// Segment is an announced segment and who announces it.
type Segment struct {
	ID      string   `json:"segment"`
	Servers []string `json:"servers"`        // the nodes' names, or the hosts of others; sorted
	Gone    []string `json:"gone,omitempty"` // likewise, of those that nobody serves any more though ZooKeeper still shows it
}

// Segments lists the announced segments in Druid's order. The key of a page is a segment's id.
func (c *Cluster) Segments(ctx context.Context, p Page) (l Listing[Segment], err error) {
	var unknown error
	err = c.observer.look(ctx, asked{Source: scenario.FromZooKeeper}, func(m *observe.Moment) { l, unknown = segmentsPage(m, p) })
	return l, cmp.Or(err, unknown)
}

func segmentsPage(m *observe.Moment, p Page) (l Listing[Segment], err error) {
	after, err := segmentKey(m, p.After)
	if err != nil {
		return l, err
	}
	items := segmentsBehind(m, after, p.limit()+1)
	return listed(items, p.limit(), m.Announced(), func(s Segment) string { return s.ID }), nil
}

// segmentKey is the segment that a page begins behind; nil is the beginning. The id's text does not say where the name
// of its datasource ends, so only those are tried that are known.
func segmentKey(m *observe.Moment, text string) (*druid.SegmentID, error) {
	if text == "" {
		return nil, nil
	}
	names := m.DataSources()
	slices.SortFunc(names, func(a, b string) int { return cmp.Or(len(b)-len(a), strings.Compare(a, b)) })
	for _, name := range names {
		if id, err := druid.ParseSegmentID(name, text); err == nil {
			return &id, nil
		}
	}
	return nil, fmt.Errorf("%w: after: %q is not the id of a segment of a known datasource", ErrBadExpression, text)
}

// segmentsBehind merges what is announced now with what dead sessions have left.
func segmentsBehind(m *observe.Moment, after *druid.SegmentID, limit int) (items []Segment) {
	live, left := m.Live.AnnouncedAfter(after, limit), m.Left.AnnouncedAfter(after, limit)
	for len(items) < limit && len(live)+len(left) > 0 {
		order := 0
		switch {
		case len(left) == 0:
			order = -1
		case len(live) == 0:
			order = 1
		default:
			order = live[0].ID.Compare(left[0].ID)
		}
		var s Segment
		if order <= 0 {
			s.ID, s.Servers = live[0].ID.String(), namesAt(m, live[0].Hosts)
			live = live[1:]
		}
		if order >= 0 {
			s.ID, s.Gone = left[0].ID.String(), namesAt(m, left[0].Hosts)
			left = left[1:]
		}
		items = append(items, s)
	}
	return items
}

// namesAt are the names of the nodes at some addresses, sorted; a process that is not ours keeps its address.
func namesAt(m *observe.Moment, hosts []string) []string {
	names := make([]string, len(hosts))
	for i, host := range hosts {
		names[i] = cmp.Or(m.At(host), host)
	}
	slices.Sort(names)
	return names
}

// NodeList lists the nodes of the topology in its order. The key of a page is a node's name.
func (c *Cluster) NodeList(ctx context.Context, p Page) (Listing[Node], error) {
	all := c.roster.all()
	rest := all
	if p.After != "" {
		i := slices.IndexFunc(all, func(n *node) bool { return n.name == p.After })
		if i < 0 {
			return Listing[Node]{}, fmt.Errorf("after: no node %q: %w", p.After, ErrBadExpression)
		}
		rest = all[i+1:]
	}
	rest = rest[:min(len(rest), p.limit()+1)]
	var l Listing[Node]
	err := c.seen(ctx, asked{Source: scenario.FromZooKeeper, ends: true}, func(m *observe.Moment) {
		items, faults := make([]Node, len(rest)), faultsByNode(m)
		for i, n := range rest {
			items[i] = n.withLife(reportNode(m.Node(n.name), m, faults))
		}
		l = listed(items, p.limit(), len(all), func(n Node) string { return n.Name })
	})
	return l, err
}

// Servers lists the data servers by their addresses, first what is announced at an address and then what a dead
// session has left there. Of what each announces only the first segments are named. The key of a page is an address.
func (c *Cluster) Servers(ctx context.Context, p Page) (Listing[ServedSegments], error) {
	var l Listing[ServedSegments]
	err := c.observer.look(ctx, asked{Source: scenario.FromZooKeeper}, func(m *observe.Moment) { l = serversPage(m, p) })
	return l, err
}

func serversPage(m *observe.Moment, p Page) Listing[ServedSegments] {
	at := serversOf(m)
	slices.SortStableFunc(at, func(a, b shownServer) int { return strings.Compare(a.host, b.host) })
	first, found := slices.BinarySearchFunc(at, p.After, func(s shownServer, host string) int { return strings.Compare(s.host, host) })
	for found && first < len(at) && at[first].host == p.After {
		first++
	}
	end := min(len(at), first+p.limit()+1)
	for end > first && end < len(at) && at[end].host == at[end-1].host {
		end++ // a page does not end within an address
	}
	page := at[first:end]
	share := segmentShare(len(page))
	items := make([]ServedSegments, len(page))
	for i, s := range page {
		items[i] = reportServer(s, m, share)
	}
	return listed(items, p.limit(), len(at), func(s ServedSegments) string { return s.Server })
}

// TaskList lists the metadata store's tasks, active ones first, then the newest. The key of a page is a task's id.
func (c *Cluster) TaskList(ctx context.Context, p Page) (Listing[Task], error) {
	tasks, err := storedTasks(ctx, c.store, p.After, p.limit()+1)
	if err != nil {
		return Listing[Task]{}, err
	}
	var l Listing[Task]
	err = c.seen(ctx, asked{Source: scenario.FromZooKeeper | scenario.FromStore}, func(m *observe.Moment) {
		nameWorkers(tasks, m)
		l = listed(tasks, p.limit(), totalTasks(m), func(t Task) string { return t.ID })
	})
	return l, err
}

// seen is a look that makes do without ZooKeeper while an external one is away.
func (c *Cluster) seen(ctx context.Context, what asked, answer func(*observe.Moment)) error {
	err := c.observer.look(ctx, what, answer)
	if _, away := awaySince(err); away {
		return c.observer.blind(ctx, answer)
	}
	return err
}
