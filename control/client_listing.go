package control

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"oakmoot/cluster"
)

// Nodes is a page of the nodes.
func (c Client) Nodes(ctx context.Context, p cluster.Page) (cluster.Listing[cluster.Node], error) {
	return getPage[cluster.Node](ctx, c, "/api/nodes", url.Values{}, p)
}

// Servers is a page of the data servers.
func (c Client) Servers(ctx context.Context, p cluster.Page) (cluster.Listing[cluster.ServedSegments], error) {
	return getPage[cluster.ServedSegments](ctx, c, "/api/servers", url.Values{}, p)
}

// Segments is a page of the announced segments.
func (c Client) Segments(ctx context.Context, p cluster.Page) (cluster.Listing[cluster.Segment], error) {
	return getPage[cluster.Segment](ctx, c, "/api/segments", url.Values{}, p)
}

// Tasks is a page of the metadata store's tasks.
func (c Client) Tasks(ctx context.Context, p cluster.Page) (cluster.Listing[cluster.Task], error) {
	return getPage[cluster.Task](ctx, c, "/api/tasks", url.Values{}, p)
}

// TreePage is a page of the znodes at and below path, parents first.
func (c Client) TreePage(ctx context.Context, path string, p cluster.Page) (cluster.Listing[cluster.Znode], error) {
	return getPage[cluster.Znode](ctx, c, "/api/tree", url.Values{"path": {path}}, p)
}

func getPage[T any](ctx context.Context, c Client, path string, query url.Values, p cluster.Page) (l cluster.Listing[T], err error) {
	if p.Limit > 0 {
		query.Set("limit", strconv.Itoa(p.Limit))
	}
	if p.After != "" {
		query.Set("after", p.After)
	}
	if len(query) > 0 {
		path += "?" + query.Encode()
	}
	resp, err := c.Do(ctx, http.MethodGet, path, nil)
	if err != nil {
		return l, err
	}
	defer resp.Body.Close()
	if err := json.NewDecoder(resp.Body).Decode(&l.Items); err != nil {
		return l, fmt.Errorf("answer of %s: %w", path, err)
	}
	l.Total = -1
	if total, err := strconv.Atoi(resp.Header.Get(headerTotal)); err == nil {
		l.Total = total
	}
	l.Next = nextOf(resp.Header.Get(headerLink))
	return l, nil
}

// nextOf is the key that a link leads on from, "" without one.
func nextOf(link string) string {
	address, rel, found := strings.Cut(strings.TrimPrefix(link, "<"), ">")
	if !found || !strings.Contains(rel, `rel="next"`) {
		return ""
	}
	parsed, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return parsed.Query().Get("after")
}
