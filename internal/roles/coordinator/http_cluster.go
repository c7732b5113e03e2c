package coordinator

import (
	"context"
	"net/http"

	"oakmoot/internal/druid"
	"oakmoot/internal/run/node"
	"oakmoot/internal/zk/discovery"
)

// clusterNode is a discovered process; a disabled port is left out.
type clusterNode struct {
	Host          string `json:"host"`
	Service       string `json:"service"`
	PlaintextPort *int   `json:"plaintextPort,omitempty"`
	TLSPort       *int   `json:"tlsPort,omitempty"`
}

func newClusterNode(n druid.Node) clusterNode {
	c := clusterNode{Host: n.Host, Service: n.Service}
	if n.PlaintextPort > 0 {
		c.PlaintextPort = &n.PlaintextPort
	}
	if n.TLSPort > 0 {
		c.TLSPort = &n.TLSPort
	}
	return c
}

// discovered lists the processes of a type, in full or simple form.
func (l *leadership) discovered(ctx context.Context, t druid.NodeType, full bool) ([]any, error) {
	nodes, err := discovery.Nodes(ctx, l.zc, l.Paths, t)
	if err != nil {
		return nil, err
	}
	all := make([]any, len(nodes))
	for i, n := range nodes {
		if all[i] = newClusterNode(n.Node); full {
			all[i] = n
		}
	}
	return all, nil
}

// clusterNodes lists all types; optional types only if there are any.
func clusterNodes(l *leadership, _ snapshot, w http.ResponseWriter, r *http.Request) {
	always := map[druid.NodeType]bool{druid.Coordinator: true, druid.Overlord: true, druid.Broker: true, druid.Historical: true}
	answer := map[druid.NodeType][]any{}
	for _, t := range druid.NodeTypes {
		nodes, err := l.discovered(r.Context(), t, node.Present(r, "full"))
		if err != nil {
			node.WriteError(w, http.StatusInternalServerError, err.Error())
			return
		}
		if len(nodes) > 0 || always[t] {
			answer[t] = nodes
		}
	}
	ok(w, answer)
}

// clusterNodesOf takes the type as Java's enum constant.
func clusterNodesOf(l *leadership, _ snapshot, w http.ResponseWriter, r *http.Request) {
	for _, t := range druid.NodeTypes {
		if t.Dir() != r.PathValue("type") {
			continue
		}
		nodes, err := l.discovered(r.Context(), t, node.Present(r, "full"))
		if err != nil {
			node.WriteError(w, http.StatusInternalServerError, err.Error())
			return
		}
		ok(w, nodes)
		return
	}
	w.WriteHeader(http.StatusNotFound)
}
