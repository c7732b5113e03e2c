package fault

import (
	"errors"
	"fmt"

	"oakmoot/internal/zk/zkwire"
)

// Answer replies to requests in place of the server, which never sees them: to
// ZooKeeper's with a code, to HTTP's with a status. The answer waits its turn behind the
// replies to earlier requests. The reply to a connect request has no room for a code, so
// connect requests pass and count as missed.
type Answer struct {
	Code   zkwire.Code // 0 for none
	Status int         // 0 for none
}

func (e Answer) check(r *Rule) error {
	switch {
	case e.Code == 0 && e.Status == 0:
		return errors.New("fault: an answer is a ZooKeeper code or an HTTP status")
	case e.Status != 0 && (e.Status < 200 || e.Status > 599):
		return fmt.Errorf("fault: HTTP status %d: want 200 to 599", e.Status)
	case r.ZK != nil && e.Code == 0:
		return errors.New("fault: a ZooKeeper request is answered with a code")
	case r.HTTP != nil && e.Status == 0:
		return errors.New("fault: an HTTP request is answered with a status")
	}
	return r.onlyRequests()
}

func (Answer) sees(*Rule) bool                 { return true }
func (Answer) takes(_ *Armed, m *message) bool { return m.part == Request }
func (e Answer) decide(f *fate, a *Armed, m *message) {
	if m.zk != nil && (e.Code == 0 || m.zk.Op == zkwire.OpCreateSession) || m.http != nil && e.Status == 0 {
		f.missed = append(f.missed, a)
		return
	}
	f.answer, f.code, f.status = a, e.Code, e.Status
}
