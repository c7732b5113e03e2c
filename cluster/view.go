package cluster

import (
	"cmp"
	"encoding/json"
	"net"
	"net/url"
	"slices"
	"strconv"

	"oakmoot/internal/druid"
	"oakmoot/internal/stage/kinds"
	"oakmoot/internal/zk/zkpath"
)

// view is what ZooKeeper says of a cluster at one moment, read from its znodes.
type view struct {
	leaders    map[string][]string                  // service name → hosts that announce it; only leaders announce coordinator and overlord
	candidates map[string][]string                  // latch kind → payload hosts, in no order
	servers    map[string]druid.ServerMetadata      // by host
	segments   map[string]map[druid.SegmentID]int64 // host → announced segments and their sizes
	workers    map[string]druid.Worker              // by host
	discovered map[string]druid.DiscoveryNode       // internal-discovery, by host
	shown      map[string]map[string]int64          // kind → hosts that show themselves as of that kind → session
	runsOn     map[string]string                    // task id → worker, from assignments and statuses
	sessions   map[int64]bool                       // owners of ephemerals
	owned      map[string]map[int64]bool            // host → sessions that announce it
	queued     int                                  // load queue entries
}

func newView() *view {
	return &view{
		leaders: map[string][]string{}, candidates: map[string][]string{},
		servers: map[string]druid.ServerMetadata{}, segments: map[string]map[druid.SegmentID]int64{},
		workers: map[string]druid.Worker{}, discovered: map[string]druid.DiscoveryNode{}, shown: map[string]map[string]int64{},
		runsOn: map[string]string{}, sessions: map[int64]bool{}, owned: map[string]map[int64]bool{},
	}
}

// add takes a znode into the view. A payload that is not what its path promises
// is left out: to show it is the tree's business.
func (v *view) add(paths zkpath.Paths, n znode) {
	if n.owner != 0 {
		v.sessions[n.owner] = true
	}
	p := paths.Parse(n.path)
	data := druid.Gunzip(n.data)
	switch p.Kind {
	case zkpath.KindCoordinatorLatch:
		v.addCandidate("coordinator", n)
	case zkpath.KindOverlordLatch:
		v.addCandidate("overlord", n)
	case zkpath.KindServiceInstance:
		var s druid.ServiceInstance
		if json.Unmarshal(data, &s) == nil {
			v.leaders[s.Name] = append(v.leaders[s.Name], instanceHost(data))
		}
	case zkpath.KindNodeDiscovery:
		var d druid.DiscoveryNode
		if json.Unmarshal(data, &d) == nil {
			v.discovered[p.Server] = d
			v.show(discoveredKinds[d.NodeType], p.Server, n.owner)
		}
	case zkpath.KindAnnouncement:
		var s druid.ServerMetadata
		if json.Unmarshal(data, &s) == nil {
			v.servers[p.Server] = s
			v.show(serverKinds[s.Type], p.Server, n.owner)
		}
	case zkpath.KindSegmentBatch:
		var batch []druid.DataSegment
		if json.Unmarshal(data, &batch) == nil {
			v.addSegments(p.Server, batch...)
		}
	case zkpath.KindServedSegment:
		var s druid.DataSegment
		if json.Unmarshal(data, &s) == nil {
			v.addSegments(p.Server, s)
		}
	case zkpath.KindLoadRequest:
		v.queued++
	case zkpath.KindWorker:
		var w druid.Worker
		if json.Unmarshal(data, &w) == nil {
			v.workers[p.Server] = w
			v.show("middlemanager", p.Server, n.owner)
		}
	case zkpath.KindTask, zkpath.KindStatus:
		v.runsOn[p.Name] = p.Server
	}
}

// own notes that a session announces a host.
func (v *view) own(host string, session int64) {
	if host == "" || session == 0 {
		return
	}
	if v.owned[host] == nil {
		v.owned[host] = map[int64]bool{}
	}
	v.owned[host][session] = true
}

// instanceHost is the host:port that announces a service, or "".
func instanceHost(data []byte) string {
	var s druid.ServiceInstance
	if json.Unmarshal(data, &s) != nil {
		return ""
	}
	return net.JoinHostPort(s.Address, strconv.Itoa(s.Port))
}

// addCandidate takes a latch node.
func (v *view) addCandidate(kind string, n znode) {
	if u, err := url.Parse(string(n.data)); err == nil && u.Host != "" {
		v.candidates[kind] = append(v.candidates[kind], u.Host)
		v.show(kind, u.Host, n.owner)
	}
}

// serverKinds are the kinds that a server's announcement is the sign of.
var serverKinds = map[string]string{druid.TypeHistorical: "historical", druid.TypeRealtime: "realtime"}

// discoveredKinds are the kinds that announce nothing else than a discovery entry.
var discoveredKinds = map[druid.NodeType]string{druid.Broker: "broker", druid.Router: "router"}

// show notes that the owner of a session shows itself as a node of a kind.
func (v *view) show(kind, host string, session int64) {
	if kind == "" {
		return
	}
	if v.shown[kind] == nil {
		v.shown[kind] = map[string]int64{}
	}
	v.shown[kind][host] = session
}

func (v *view) addSegments(host string, segs ...druid.DataSegment) {
	if v.segments[host] == nil {
		v.segments[host] = map[druid.SegmentID]int64{}
	}
	for _, s := range segs {
		v.segments[host][s.ID()] = s.Size
	}
}

// leading lists the hosts that are shown as leader of a kind: those whose service is
// announced by a session that lives.
func (v *view) leading(kind string) []string {
	return v.leaders[druid.ServiceName(kinds.Of(kind).Service)]
}

// served counts, by datasource, the distinct segments that live servers of the
// type announce.
func (v *view) served(serverType string) map[string]map[druid.SegmentID]int {
	byDataSource := map[string]map[druid.SegmentID]int{}
	for host, meta := range v.servers {
		if meta.Type != serverType {
			continue
		}
		for id := range v.segments[host] {
			if byDataSource[id.DataSource] == nil {
				byDataSource[id.DataSource] = map[druid.SegmentID]int{}
			}
			byDataSource[id.DataSource][id]++
		}
	}
	return byDataSource
}

// ids are a server's announced segments in Druid's order.
func (v *view) ids(host string) []druid.SegmentID {
	ids := make([]druid.SegmentID, 0, len(v.segments[host]))
	for id := range v.segments[host] {
		ids = append(ids, id)
	}
	slices.SortFunc(ids, druid.SegmentID.Compare)
	return ids
}

// hosts are the servers that announce themselves, sorted.
func (v *view) hosts() []string {
	hosts := make([]string, 0, len(v.servers))
	for host := range v.servers {
		hosts = append(hosts, host)
	}
	slices.SortFunc(hosts, cmp.Compare)
	return hosts
}

// knows tells whether a host announces itself in any way.
func (v *view) knows(host string) bool {
	_, server := v.servers[host]
	_, worker := v.workers[host]
	_, discovered := v.discovered[host]
	return server || worker || discovered
}
