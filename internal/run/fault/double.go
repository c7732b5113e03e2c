package fault

import "errors"

// Double sends each HTTP request twice over the same connection. The first reply is
// discarded and the second delivered, as if the first had been lost and the client had
// tried again. A request is sent once it has arrived in full; one that is longer than
// doubleLimit, or is HTTP/1.0, passes once and counts as missed.
type Double struct{}

// doubleLimit is the longest request that is sent twice.
const doubleLimit = 8 << 20

func (Double) check(r *Rule) error {
	if r.ZK != nil || r.HTTP == nil {
		return errors.New("fault: only HTTP requests are doubled: ZooKeeper's client numbers its requests")
	}
	return r.onlyRequests()
}

func (Double) sees(*Rule) bool                 { return true }
func (Double) takes(_ *Armed, m *message) bool { return m.part == Request }
func (Double) decide(f *fate, a *Armed, m *message) {
	if m.http == nil || m.http.Minor == 0 {
		f.missed = append(f.missed, a)
		return
	}
	f.double = a
}
