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

// stray is a process that has announced itself where this cluster does not look.
type stray struct {
	kind string
	host string
	base string // under which it shows itself
	path string // of a service instance
}

// strayRecheck is how often strays are looked for, at most.
const strayRecheck = 2 * time.Second

// strays are the processes that have announced themselves elsewhere than under this
// cluster's base and discovery path, as of the last look.
type strays struct {
	tree  treeSource
	paths zkpath.Paths

	found  []stray
	looked time.Time
}

// look looks for them, unless it did so a moment ago. If ZooKeeper does not answer, there
// are none.
func (s *strays) look(ctx context.Context) {
	if time.Since(s.looked) < strayRecheck {
		return
	}
	s.found, s.looked = s.find(ctx), time.Now()
}

// forget drops them: nobody is missing.
func (s *strays) forget() { s.found = nil }

// remark describes a stray that was probably meant for a seat; it is "" for any other.
func (s *strays) remark(c claim, o *occupant, found stray) string {
	if found.kind != c.kind || o.session != 0 && found.host != o.host || o.session == 0 && c.port != 0 && !c.at(found.host) {
		return ""
	}
	if found.path != "" {
		return fmt.Sprintf("%s registers its service under %s; druid.discovery.curator.path is %s here", found.host, found.path, s.paths.Discovery)
	}
	if o.session != 0 {
		return "" // another process that had the address, at another time or on another machine
	}
	return fmt.Sprintf("%s shows itself as %s under %s; druid.zk.paths.base is %s here", found.host, found.kind, found.base, s.paths.Base)
}

// strayLimit bounds how many znodes are searched for strays: others may use the ZooKeeper
// as well.
const strayLimit = 20_000

// errEnough ends a walk that has reached its limit.
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

// at reads a znode as a process's announcement in another place.
func (s *strays) at(n observe.Znode) (stray, bool) {
	if s.paths.Parse(n.Path).Kind != zkpath.KindOther {
		return stray{}, false
	}
	base, p := zkpath.Elsewhere(n.Path)
	says, host := observe.Decode(p, n.Data)
	one := stray{base: base, host: host}
	switch p.Kind {
	case zkpath.KindNodeDiscovery:
		d, _ := says.(druid.DiscoveryNode) // anything else has no kind
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

// seatKindOf is the kind of node that a discovery entry announces, or "".
func seatKindOf(t druid.NodeType) string {
	for _, k := range kinds.All() {
		if k.NodeType == t && t != "" {
			return k.Name
		}
	}
	return ""
}
