package trace

import (
	"encoding/json"
	"fmt"
	"strings"

	"oakmoot/internal/druid"
	"oakmoot/internal/zk/zkpath"
)

// teller fills in what a change of one kind of znode means.
type teller func(*Step, zkpath.Parsed, Change)

// tellers is every kind of znode that belongs to a protocol.
var tellers = map[zkpath.Kind]teller{
	zkpath.KindCoordinatorLatch: tellLatch("coordinator"),
	zkpath.KindOverlordLatch:    tellLatch("overlord"),
	zkpath.KindServiceInstance:  tellService,
	zkpath.KindNodeDiscovery:    tellNode,
	zkpath.KindAnnouncement:     tellServer,
	zkpath.KindSegmentBatch:     tellBatch,
	zkpath.KindServedSegment:    tellServedSegment,
	zkpath.KindLoadRequest:      tellLoadRequest,
	zkpath.KindWorker:           tellWorker,
	zkpath.KindTask:             tellTask,
	zkpath.KindStatus:           tellStatus,
	zkpath.KindLookupListener:   tellLookupListener,
}

// choose is the word for a creation, a change or a deletion.
func choose(op Op, created, changed, deleted string) string {
	switch op {
	case OpCreate:
		return created
	case OpDelete:
		return deleted
	}
	return changed
}

// unless is the word for a deletion that means something, unless it only went with
// its owner's session.
func unless(c Change, deleted, lapsed string) string {
	if c.Lapsed {
		return lapsed
	}
	return deleted
}

func tellLatch(kind string) teller {
	return func(s *Step, p zkpath.Parsed, c Change) {
		s.Protocol = Election
		s.Verb = kind + " " + choose(c.Op, "joins the election", "changes its latch", "leaves the election")
		_, s.Subject, _ = strings.Cut(string(payload(c)), "://")
		if i := strings.LastIndex(p.Name, "latch-"); i >= 0 {
			s.Detail = p.Name[i:]
		}
	}
}

// tellService tells of a service announcement; for coordinator and overlord it is
// what only the leader writes.
func tellService(s *Step, p zkpath.Parsed, c Change) {
	s.Protocol = Discovery
	s.Verb = choose(c.Op, "service announced", "service changed", "service withdrawn")
	for _, kind := range []string{"coordinator", "overlord"} {
		if p.Group == "druid:"+kind {
			s.Protocol, s.Verb = Election, kind+" "+choose(c.Op, "leads", "leads on", "leads no more")
		}
	}
	s.Subject = p.Group
	var instance druid.ServiceInstance
	if json.Unmarshal(payload(c), &instance) == nil {
		s.Detail = fmt.Sprintf("%s:%d", instance.Address, instance.Port)
	}
}

func tellNode(s *Step, p zkpath.Parsed, c Change) {
	s.Protocol = Discovery
	s.Verb = choose(c.Op, "node discovered", "node changed", "node gone")
	s.Subject = p.Server
}

func tellLookupListener(s *Step, p zkpath.Parsed, c Change) {
	s.Protocol = Discovery
	s.Verb = choose(c.Op, "lookup listener announced", "lookup listener changed", "lookup listener gone")
	s.Subject, s.Detail = p.Server, "tier "+p.Group
}

func tellServer(s *Step, p zkpath.Parsed, c Change) {
	var meta druid.ServerMetadata
	_ = json.Unmarshal(payload(c), &meta) // of a foreign payload the path still tells
	s.Protocol = Announcement
	s.Verb = choose(c.Op, "server announced", "server changed", "server gone")
	s.Subject, s.Detail = p.Server, strings.TrimSpace(meta.Type+" "+meta.Tier)
}

// tellBatch tells by which segments a batch node grew or shrank.
func tellBatch(s *Step, p zkpath.Parsed, c Change) {
	before, after := segmentIDs(c.Before), segmentIDs(c.After)
	if c.Op == OpDelete {
		after = nil
	}
	added, removed := difference(after, before), difference(before, after)
	s.Protocol, s.Peer = Announcement, ""
	switch {
	case len(added) > 0:
		s.Verb, s.Subject = "segment announced", strings.Join(added, " ")
	case len(removed) > 0:
		s.Verb, s.Subject = "segment unannounced", strings.Join(removed, " ")
	default:
		s.Verb, s.Subject = "empty batch "+choose(c.Op, "announced", "changed", "gone"), p.Server
	}
	s.Detail = fmt.Sprintf("on %s, %d in its node", p.Server, len(after))
}

func segmentIDs(payload []byte) []string {
	var segments []druid.DataSegment
	if len(payload) == 0 || json.Unmarshal(druid.Gunzip(payload), &segments) != nil {
		return nil
	}
	ids := make([]string, len(segments))
	for i, seg := range segments {
		ids[i] = seg.ID().String()
	}
	return ids
}

// difference is what a has and b has not.
func difference(a, b []string) []string {
	known := map[string]bool{}
	for _, id := range b {
		known[id] = true
	}
	var only []string
	for _, id := range a {
		if !known[id] {
			only = append(only, id)
		}
	}
	return only
}

func tellServedSegment(s *Step, p zkpath.Parsed, c Change) {
	s.Protocol = Announcement
	s.Verb = choose(c.Op, "segment served", "served segment changed", "segment served no more")
	s.Subject, s.Detail = p.Name, "on "+p.Server
}

func tellLoadRequest(s *Step, p zkpath.Parsed, c Change) {
	var request druid.ChangeRequest
	_ = json.Unmarshal(payload(c), &request) // of a foreign payload the path still tells
	s.Protocol, s.Subject, s.Peer = Load, p.Name, p.Server
	s.Verb = request.Action + choose(c.Op, " request", " request changed", unless(c, " request done", " request lapsed"))
}

func tellWorker(s *Step, p zkpath.Parsed, c Change) {
	s.Protocol, s.Subject = Task, p.Server
	s.Verb = choose(c.Op, "worker announced", "worker enabled", "worker gone")
	var worker druid.Worker
	if json.Unmarshal(payload(c), &worker) != nil {
		return
	}
	if c.Op != OpDelete && worker.Version == "" {
		s.Verb = "worker disabled"
	}
	s.Detail = fmt.Sprintf("capacity %d", worker.Capacity)
}

func tellTask(s *Step, p zkpath.Parsed, c Change) {
	s.Protocol, s.Subject, s.Peer = Task, p.Name, p.Server
	s.Verb = choose(c.Op, "task assigned", "assignment changed", unless(c, "task taken", "assignment lapsed"))
}

func tellStatus(s *Step, p zkpath.Parsed, c Change) {
	var status druid.TaskAnnouncement
	_ = json.Unmarshal(payload(c), &status) // of a foreign payload the path still tells
	s.Protocol, s.Subject, s.Peer = Task, p.Name, p.Server
	s.Verb = choose(c.Op, "task status", "task status", "task status removed")
	if c.Op != OpDelete {
		s.Verb += " " + status.Status.Status
	}
	if status.Location.Host != "" {
		s.Detail = fmt.Sprintf("at %s:%d", status.Location.Host, status.Location.Port)
	}
}
