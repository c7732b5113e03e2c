// Package discovery finds and announces processes: Druid's internal-discovery, the
// older curator-x-discovery beside it, and the client for whoever leads.
package discovery

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"oakmoot/internal/druid"
	"oakmoot/internal/run/loop"
	"oakmoot/internal/zk/announce"
	"oakmoot/internal/zk/zkconn"
	"oakmoot/internal/zk/zkpath"
)

// AnnounceNode creates a process's internal-discovery entry as its release writes it:
// CuratorDruidNodeAnnouncer. The entry goes when the announcer ends. Roles that have
// other announcements to withdraw in between can withdraw it earlier, even after ctx
// has ended.
func AnnounceNode(ctx context.Context, a *announce.Announcer, paths zkpath.Paths, r druid.Release, n druid.DiscoveryNode) (withdraw func(), err error) {
	data, err := r.Marshal(n)
	if err != nil {
		return nil, fmt.Errorf("discovery entry: %w", err)
	}
	path := paths.NodeDiscovery(n.NodeType, n.Node.HostAndPort())
	if err := a.Announce(ctx, path, data, true); err != nil {
		return nil, fmt.Errorf("discovery entry %s: %w", path, err)
	}
	return func() {
		bye, cancel := loop.Goodbye(ctx, loop.GoodbyeEntry)
		defer cancel()
		_ = a.Unannounce(bye, path)
	}, nil
}

// Services lists the instances of a service.
func Services(ctx context.Context, zc zkconn.Conn, paths zkpath.Paths, service string) ([]druid.ServiceInstance, error) {
	return list[druid.ServiceInstance](ctx, zc, paths.Service(service))
}

// Nodes lists the internal-discovery entries of a node type. An entry whose own type
// differs from its directory's is left out.
func Nodes(ctx context.Context, zc zkconn.Conn, paths zkpath.Paths, t druid.NodeType) ([]druid.DiscoveryNode, error) {
	all, err := list[druid.DiscoveryNode](ctx, zc, paths.NodeDiscoveryDir(t))
	var nodes []druid.DiscoveryNode
	for _, n := range all {
		if n.NodeType == t {
			nodes = append(nodes, n)
		}
	}
	return nodes, err
}

// list reads the children of a directory; like Druid it leaves out what is not JSON of
// its type.
func list[T any](ctx context.Context, zc zkconn.Conn, dir string) ([]T, error) {
	names, err := zc.Children(ctx, dir)
	if errors.Is(err, zkconn.ErrNoNode) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var all []T
	for _, name := range names {
		data, _, err := zc.Get(ctx, zkpath.Join(dir, name))
		if errors.Is(err, zkconn.ErrNoNode) {
			continue
		}
		if err != nil {
			return nil, err
		}
		var one T
		if json.Unmarshal(druid.Gunzip(data), &one) == nil {
			all = append(all, one)
		}
	}
	return all, nil
}
