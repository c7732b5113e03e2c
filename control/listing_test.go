package control_test

import (
	"context"
	"errors"
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"

	"oakmoot/cluster"
	"oakmoot/control"
)

// turn reads a list page by page, two items at once.
func turn[T any](t *testing.T, read func(cluster.Page) (cluster.Listing[T], error), name func(T) string) (names []string, total int) {
	t.Helper()
	for p := (cluster.Page{Limit: 2}); ; {
		page, err := read(p)
		if err != nil {
			t.Fatal(err)
		}
		for _, item := range page.Items {
			names = append(names, name(item))
		}
		if p.After = page.Next; p.After == "" {
			return names, page.Total
		}
	}
}

func TestListsAreReadPageByPage(t *testing.T) {
	c := control.Client{Address: serve(t, &backend{}, "secret"), Token: "secret"}
	ctx := t.Context()
	check := func(list string, names []string, total, wantTotal int, below string) {
		t.Helper()
		if diff := cmp.Diff([]string{below + "a", below + "b&c", below + "d"}, names); diff != "" || total != wantTotal {
			t.Errorf("%s: total %d, want %d (-want +got):\n%s", list, total, wantTotal, diff)
		}
	}
	names, total := turn(t, func(p cluster.Page) (cluster.Listing[cluster.Node], error) { return c.Nodes(ctx, p) }, func(n cluster.Node) string { return n.Name })
	check("nodes", names, total, 3, "")
	names, total = turn(t, func(p cluster.Page) (cluster.Listing[cluster.ServedSegments], error) { return c.Servers(ctx, p) }, func(s cluster.ServedSegments) string { return s.Server })
	check("servers", names, total, 3, "")
	names, total = turn(t, func(p cluster.Page) (cluster.Listing[cluster.Segment], error) { return c.Segments(ctx, p) }, func(s cluster.Segment) string { return s.ID })
	check("segments", names, total, 3, "")
	names, total = turn(t, func(p cluster.Page) (cluster.Listing[cluster.Task], error) { return c.Tasks(ctx, p) }, func(t cluster.Task) string { return t.ID })
	check("tasks", names, total, 3, "")
	names, total = turn(t, func(p cluster.Page) (cluster.Listing[cluster.Znode], error) { return c.TreePage(ctx, "/x", p) }, func(n cluster.Znode) string { return n.Path })
	check("tree", names, total, -1, "/x/")
}

func TestStatusIsCut(t *testing.T) {
	b := &backend{}
	c := control.Client{Address: serve(t, b, "")}
	for given, want := range map[int]int{0: 100, 7: 7, 5000: 5000} {
		if _, err := c.StatusOf(t.Context(), given); err != nil || b.limit != want {
			t.Errorf("limit %d: the cluster was asked for %d (%v), want %d", given, b.limit, err, want)
		}
	}
	for _, path := range []string{"/api/status?limit=0", "/api/nodes?limit=x", "/api/tree?limit=-1"} {
		_, err := c.Do(context.Background(), http.MethodGet, path, nil)
		var answer *control.AnswerError
		if !errors.As(err, &answer) || answer.Code != http.StatusBadRequest {
			t.Errorf("%s: got %v, want a 400", path, err)
		}
	}
}
