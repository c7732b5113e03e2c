package cluster_test

import (
	"context"
	"errors"
	"slices"
	"testing"

	"oakmoot/cluster"
)

// whole reads a list page by page, two items at once.
func whole[T any](t *testing.T, read func(context.Context, cluster.Page) (cluster.Listing[T], error)) (all []T, total int) {
	t.Helper()
	for p := (cluster.Page{Limit: 2}); ; {
		page, err := read(t.Context(), p)
		if err != nil {
			t.Fatal(err)
		}
		if all = append(all, page.Items...); page.Next == "" {
			return all, page.Total
		}
		if p.After = page.Next; len(page.Items) < 1 {
			t.Fatalf("an empty page leads on to %q", page.Next)
		}
	}
}

func namesOf[T any](all []T, name func(T) string) (names []string) {
	for _, one := range all {
		names = append(names, name(one))
	}
	return names
}

// readsTheSameInPages compares what is read page by page with what is read at once.
func readsTheSameInPages(t *testing.T, c *cluster.Cluster) {
	t.Helper()
	st, err := c.Status(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	same := func(what string, got, want []string, total, wantTotal int) {
		t.Helper()
		if !slices.Equal(got, want) || total != wantTotal || len(want) == 0 {
			t.Errorf("%s: got %v of %d, want %v of %d", what, got, total, want, wantTotal)
		}
	}
	node, task := func(n cluster.Node) string { return n.Name }, func(t cluster.Task) string { return t.ID }
	nodes, total := whole(t, c.NodeList)
	same("nodes", namesOf(nodes, node), namesOf(st.Nodes, node), total, st.Total.Nodes)
	tasks, total := whole(t, c.TaskList)
	same("tasks", namesOf(tasks, task), namesOf(st.Tasks, task), total, st.Total.Tasks)
	server := func(s cluster.ServedSegments) string { return s.Server }
	servers, total := whole(t, c.Servers)
	same("servers", namesOf(servers, server), slices.Sorted(slices.Values(namesOf(st.Segments, server))), total, st.Total.Servers)
	segments, total := whole(t, c.Segments)
	announced := map[string]int{}
	for _, s := range st.Segments {
		for _, id := range s.SegmentIDs {
			announced[id]++
		}
	}
	for _, s := range segments {
		if len(s.Servers) != announced[s.ID] {
			t.Errorf("%s is on %v, want %d servers", s.ID, s.Servers, announced[s.ID])
		}
	}
	if len(segments) != len(announced) || total != len(announced) || st.Total.Segments != total {
		t.Errorf("got %d of %d segments, want %d", len(segments), total, len(announced))
	}
	tree, err := c.Tree(t.Context(), "/druid")
	if err != nil {
		t.Fatal(err)
	}
	path := func(n cluster.Znode) string { return n.Path }
	paged, total := whole(t, func(ctx context.Context, p cluster.Page) (cluster.Listing[cluster.Znode], error) {
		return c.TreePage(ctx, "/druid", p)
	})
	same("tree", namesOf(paged, path), namesOf(tree, path), total, -1)
	if cut, err := c.StatusOf(t.Context(), 1); err != nil || len(cut.Nodes) != 1 || len(cut.Segments) != 1 || len(cut.Segments[0].SegmentIDs) > 1 || cut.Total.Nodes != len(st.Nodes) {
		t.Errorf("cut after one: got %+v, %v", cut, err)
	}
	_, badNode := c.NodeList(t.Context(), cluster.Page{After: "nobody"})
	_, badTask := c.TaskList(t.Context(), cluster.Page{After: "none"})
	_, badSegment := c.Segments(t.Context(), cluster.Page{After: "unknown_x"})
	for _, err := range []error{badNode, badTask, badSegment} {
		if !errors.Is(err, cluster.ErrBadExpression) {
			t.Errorf("behind what is not there: got %v", err)
		}
	}
}
