package coordinator

import (
	"slices"
	"time"

	"oakmoot/internal/druid"
	"oakmoot/internal/roles/coordinator/balance"
)

// askedDrops are drops that servers were asked for and that the view of the servers may not show yet. Once a request
// is gone its server has dealt with it, but the change to the server's announcements may not have been read; until it
// has, the copy does not count. Druid forgets a drop along with its request (CuratorLoadQueuePeon) and relies on its
// period of a minute.
type askedDrops map[string]map[druid.SegmentID]*askedDrop // by server

type askedDrop struct {
	ended time.Time // when its request was gone; zero while it is pending
	lost  bool      // the server has vanished; whether it got to the drop is unknown
}

// asked records that a server's load queue gets a request to drop a segment.
func (a askedDrops) asked(server string, id druid.SegmentID) {
	if a[server] == nil {
		a[server] = map[druid.SegmentID]*askedDrop{}
	}
	a[server][id] = &askedDrop{}
}

// answered records that the request is gone.
func (a askedDrops) answered(server string, id druid.SegmentID, now time.Time) {
	if d := a[server][id]; d != nil {
		d.ended = now
	}
}

// vanished records that the server went away while it had requests.
func (a askedDrops) vanished(server string, now time.Time) {
	for _, d := range a[server] {
		if d.ended.IsZero() {
			d.ended, d.lost = now, true
		}
	}
}

// forget is for a segment that the server is asked to load: it gets to loads after all drops.
func (a askedDrops) forget(server string, id druid.SegmentID) { delete(a[server], id) }

// picture draws the drops of a server into its picture, and forgets those that have come true. One that has not come
// true within its limit, counted from the end of its request, never will, and is reported as overdue.
//
// A session timeout is enough for the view to show what the server announced before its request went: a coordinator
// that reads later than that has lost its session. Whatever is still announced by then was announced again, by a
// server that was restarted between two runs. A server that vanished may come back to its request, so its limit is
// that of a request.
func (a askedDrops) picture(s *balance.Server, now time.Time, session, request time.Duration) (overdue []druid.SegmentID) {
	drops := map[druid.SegmentID]bool{}
	for id, d := range a[s.Meta.Name] {
		ended, limit := !d.ended.IsZero(), session
		if d.lost {
			limit = max(session, request)
		}
		switch {
		case ended && !d.lost && !s.Serves(id):
			delete(a[s.Meta.Name], id)
		case ended && now.Sub(d.ended) > limit:
			delete(a[s.Meta.Name], id)
			if s.Serves(id) {
				overdue = append(overdue, id)
			}
		default:
			drops[id] = true
		}
	}
	s.Asked(drops)
	slices.SortFunc(overdue, druid.SegmentID.Compare)
	return overdue
}
