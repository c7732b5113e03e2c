package cluster

import (
	"context"
	"errors"
	"fmt"
	"time"

	"oakmoot/internal/druid"
	"oakmoot/internal/stage/kinds"
	"oakmoot/internal/stage/observe"
	"oakmoot/internal/zk/zkpath"
)

// stray is a process that shows itself where this cluster does not look.
type stray struct {
	kind string
	host string
	base string // under which it shows itself
	path string // of a service instance
}

// strayRecheck is how often at most strays are looked for.
const strayRecheck = 2 * time.Second

// strays are the processes that show themselves elsewhere than under this cluster's
// base and discovery path, as they were when they were last looked for.
type strays struct {
	tree  treeSource
	paths zkpath.Paths

	found  []stray
	looked time.Time
}

// look looks for them, unless that was done a moment ago. A ZooKeeper that does not
// answer has none.
func (s *strays) look(ctx context.Context) {
	if time.Since(s.looked) < strayRecheck {
		return
	}
	s.found, s.looked = s.find(ctx), time.Now()
}

// forget is for when nobody is missing.
func (s *strays) forget() { s.found = nil }

// remark describes a process that was probably meant for a seat, or is "".
func (s *strays) remark(c claim, o *occupant, found stray) string {
	if found.kind != c.kind || o.session != 0 && found.host != o.host || o.session == 0 && c.port != 0 && !c.at(found.host) {
		return ""
	}
	if found.path != "" {
		return fmt.Sprintf("%s registers its service under %s; druid.discovery.curator.path is %s here", found.host, found.path, s.paths.Discovery)
	}
	if o.session != 0 {
		return "" // another process of the address's, from another time or machine
	}
	return fmt.Sprintf("%s shows itself as %s under %s; druid.zk.paths.base is %s here", found.host, found.kind, found.base, s.paths.Base)
}

// strayLimit bounds how many znodes are looked at for strays, for a ZooKeeper that
// others use as well.
const strayLimit = 20_000

// errEnough ends a walk at its limit.
var errEnough = errors.New("enough was seen")

func (s *strays) find(ctx context.Context) []stray {
	var found []stray
	looked := 0
	err := s.tree.walk(ctx, "/", func(n observe.Znode) error {
		if looked++; looked > strayLimit {
			return errEnough
		}
		if n.Owner != 0 {
			if one, ok := s.at(n); ok {
				found = append(found, one)
			}
		}
		return nil
	})
	if err != nil && !errors.Is(err, errEnough) {
		return nil
	}
	return found
}

// at reads a znode as the announcement of a process in another place.
func (s *strays) at(n observe.Znode) (stray, bool) {
	if s.paths.Parse(n.Path).Kind != zkpath.KindOther {
		return stray{}, false
	}
	base, p := zkpath.Elsewhere(n.Path)
	says, host := observe.Decode(p, n.Data)
	one := stray{base: base, host: host}
	switch p.Kind {
	case zkpath.KindNodeDiscovery:
		d, _ := says.(druid.DiscoveryNode) // what is none has no kind
		one.kind = seatKindOf(d.NodeType)
	case zkpath.KindAnnouncement:
		meta, _ := says.(druid.ServerMetadata)
		one.kind = observe.KindOfServer(meta.Type)
	case zkpath.KindWorker:
		one.kind = "middlemanager"
	case zkpath.KindCoordinatorLatch:
		one.kind = "coordinator"
	case zkpath.KindOverlordLatch:
		one.kind = "overlord"
	case zkpath.KindServiceInstance:
		one.path, one.kind = base, kindOfService(p.Group)
	}
	return one, one.kind != "" && one.host != ""
}

// kindOfService is the kind whose leaders register under a service's name, or "".
func kindOfService(name string) string {
	for _, k := range kinds.All() {
		if druid.ServiceName(k.Service) == name {
			return k.Name
		}
	}
	return ""
}

// seatKindOf is the kind of node that a discovery entry speaks of, or "".
func seatKindOf(t druid.NodeType) string {
	for _, k := range kinds.All() {
		if k.NodeType == t && t != "" {
			return k.Name
		}
	}
	return ""
}
