package control

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strconv"

	"oakmoot/cluster"
)

// Headers of a page of a list: how long the whole list is, where that is known, and the address of the next page.
const (
	headerTotal = "X-Total-Count"
	headerLink  = "Link"
)

// list is a list of the API.
type list struct {
	path  string
	write func(s *server, ctx context.Context, w http.ResponseWriter, r *http.Request, p cluster.Page) error
}

// lists are all that are read page by page.
var lists = []list{
	{"/api/nodes", listOf(func(b Backend) lister[cluster.Node] { return b.NodeList }, (*cluster.Past).NodesAt)},
	{"/api/servers", listOf(func(b Backend) lister[cluster.ServedSegments] { return b.Servers }, (*cluster.Past).ServersAt)},
	{"/api/segments", listOf(func(b Backend) lister[cluster.Segment] { return b.Segments }, (*cluster.Past).SegmentsAt)},
	{"/api/tasks", listOf(func(b Backend) lister[cluster.Task] { return b.TaskList }, (*cluster.Past).TasksAt)},
	{"/api/tree", listTree},
}

// lister reads a page, and past reads one of a moment that is over.
type (
	lister[T any] func(context.Context, cluster.Page) (cluster.Listing[T], error)
	past[T any]   func(*cluster.Past, int64, cluster.Page) (cluster.Listing[T], error)
)

func listOf[T any](of func(Backend) lister[T], at past[T]) func(*server, context.Context, http.ResponseWriter, *http.Request, cluster.Page) error {
	return func(s *server, ctx context.Context, w http.ResponseWriter, r *http.Request, p cluster.Page) error {
		page, err := now(s, r,
			func(past *cluster.Past, seq int64) (cluster.Listing[T], error) { return at(past, seq, p) },
			func() (cluster.Listing[T], error) { return of(s.backend)(ctx, p) })
		if err != nil {
			return err
		}
		return writePage(w, r, page)
	}
}

// listTree lists what is at and below a path, or, of depth 1, only its children.
func listTree(s *server, ctx context.Context, w http.ResponseWriter, r *http.Request, p cluster.Page) error {
	path := cmp.Or(r.URL.Query().Get("path"), "/")
	below, children := s.backend.TreePage, false
	switch depth := r.URL.Query().Get("depth"); depth {
	case "":
	case "1":
		below, children = s.backend.Children, true
	default:
		return fmt.Errorf("depth %q: it is 1, for the children only, or left out: %w", depth, cluster.ErrBadExpression)
	}
	page, err := now(s, r, func(past *cluster.Past, seq int64) (cluster.Listing[cluster.Znode], error) {
		if children {
			return past.ChildrenAt(seq, path, p)
		}
		return past.TreeAt(seq, path, p)
	}, func() (cluster.Listing[cluster.Znode], error) { return below(ctx, path, p) })
	if err != nil {
		return err
	}
	return writePage(w, r, page)
}

// serve answers with the page that the query asks for.
func (l list) serve(s *server, w http.ResponseWriter, r *http.Request) error {
	limit, err := limitOf(r)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(r.Context(), lookLimit)
	defer cancel()
	return l.write(s, ctx, w, r, cluster.Page{After: r.URL.Query().Get("after"), Limit: limit})
}

// limitOf is the limit that a query asks for; 0 when it does not.
func limitOf(r *http.Request) (int, error) {
	text := r.URL.Query().Get("limit")
	if text == "" {
		return 0, nil
	}
	limit, err := strconv.Atoi(text)
	if err != nil || limit < 1 {
		return 0, fmt.Errorf("limit %q is not a whole number from 1 on: %w", text, cluster.ErrBadExpression)
	}
	return limit, nil
}

func writePage[T any](w http.ResponseWriter, r *http.Request, page cluster.Listing[T]) error {
	if page.Total >= 0 {
		w.Header().Set(headerTotal, strconv.Itoa(page.Total))
	}
	if page.Next != "" {
		query := r.URL.Query()
		query.Del("token")
		query.Set("after", page.Next)
		next := url.URL{Path: r.URL.Path, RawQuery: query.Encode()}
		w.Header().Set(headerLink, fmt.Sprintf(`<%s>; rel="next"`, next.String()))
	}
	return writeJSON(w, page.Items)
}
