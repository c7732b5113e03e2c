package discovery

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"sync"

	"oakmoot/internal/druid"
	"oakmoot/internal/zk/zkconn"
	"oakmoot/internal/zk/zkpath"
)

// LeaderClient sends requests to the leader among the nodes of one type:
// DruidLeaderClient. It asks any of them and follows redirects; whoever answered is
// asked first the next time. It is safe for concurrent use.
type LeaderClient struct {
	zc      zkconn.Conn
	paths   zkpath.Paths
	http    *http.Client
	kind    druid.NodeType
	service string

	mu     sync.Mutex // guards leader
	leader string     // scheme://host:port, "" when unknown
}

// NewLeaderClient returns a client for the leader of a node type, which is first looked
// up by the service's name.
func NewLeaderClient(zc zkconn.Conn, paths zkpath.Paths, client *http.Client, kind druid.NodeType, service string) *LeaderClient {
	direct := *client
	direct.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &LeaderClient{zc: zc, paths: paths, http: &direct, kind: kind, service: service}
}

// leaderAttempts is how often a request is sent, redirects included.
const leaderAttempts = 5

// ErrNoLeader means that no node of the type is known.
var ErrNoLeader = errors.New("no known server")

// Do sends a request to the leader. Any answer but a redirect is returned, whatever its
// status; the caller closes its body.
func (c *LeaderClient) Do(ctx context.Context, method, path string, body []byte, header http.Header) (*http.Response, error) {
	var last error
	var asked []string
	for range leaderAttempts {
		base, err := c.base(ctx, asked)
		if err != nil {
			return nil, fmt.Errorf("%s leader: %w", c.kind, err)
		}
		asked = append(asked, base)
		resp, err := c.send(ctx, method, base+path, body, header)
		if err != nil {
			last = err
			c.forget(base)
			if ctx.Err() != nil {
				break
			}
			continue
		}
		if resp.StatusCode != http.StatusTemporaryRedirect {
			return resp, nil
		}
		last = c.follow(resp)
	}
	return nil, fmt.Errorf("%s leader: %s %s: %w", c.kind, method, path, last)
}

func (c *LeaderClient) send(ctx context.Context, method, uri string, body []byte, header http.Header) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, method, uri, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	for key, values := range header {
		req.Header[key] = values
	}
	return c.http.Do(req)
}

// follow takes the leader from a redirect.
func (c *LeaderClient) follow(resp *http.Response) error {
	_, _ = io.Copy(io.Discard, resp.Body) // so that the connection can be reused
	resp.Body.Close()
	to, err := url.Parse(resp.Header.Get("Location"))
	if err != nil || to.Host == "" {
		c.forget("")
		return fmt.Errorf("redirected to %q", resp.Header.Get("Location"))
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.leader = to.Scheme + "://" + to.Host
	return fmt.Errorf("redirected to %s too often", c.leader)
}

// forget drops the known leader, if it is still this one.
func (c *LeaderClient) forget(base string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if base == "" || c.leader == base {
		c.leader = ""
	}
}

// base returns whom to ask: the known leader, or any node of the type, preferably one
// that has not been asked yet.
func (c *LeaderClient) base(ctx context.Context, asked []string) (string, error) {
	c.mu.Lock()
	known := c.leader
	c.mu.Unlock()
	if known != "" {
		return known, nil
	}
	hosts, err := c.hosts(ctx)
	if err != nil {
		return "", err
	}
	found := hosts[0]
	if i := slices.IndexFunc(hosts, func(h string) bool { return !slices.Contains(asked, h) }); i >= 0 {
		found = hosts[i]
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.leader = found
	return found, nil
}

// hosts returns the nodes of the type as scheme://host:port: those announced as the
// service, then all others. There is at least one.
func (c *LeaderClient) hosts(ctx context.Context) ([]string, error) {
	instances, err := Services(ctx, c.zc, c.paths, c.service)
	if err != nil {
		return nil, err
	}
	var all []string
	for _, i := range instances {
		if i.SSLPort >= 0 {
			all = append(all, "https://"+net.JoinHostPort(i.Address, strconv.Itoa(i.SSLPort)))
		} else {
			all = append(all, "http://"+net.JoinHostPort(i.Address, strconv.Itoa(i.Port)))
		}
	}
	nodes, err := Nodes(ctx, c.zc, c.paths, c.kind)
	if err != nil {
		return nil, err
	}
	for _, n := range nodes {
		all = append(all, n.Node.URI())
	}
	if len(all) == 0 {
		return nil, ErrNoLeader
	}
	return all, nil
}
