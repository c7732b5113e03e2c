package fault

import (
	"time"

	"oakmoot/internal/run/fault/httpmsg"
	"oakmoot/internal/run/fault/zkframe"
	"oakmoot/internal/zk/zkwire"
)

// message is a request, a reply or a notification, as rules see it. It is raw when it is
// neither ZooKeeper's nor HTTP's.
type message struct {
	wire *wire
	way  Direction
	part Part // Either when it is raw
	zk   *zkframe.Request
	http *httpmsg.Request
	size int // bytes, as far as they are known
}

// name is what a message is called in a report.
func (m *message) name() string {
	switch {
	case m.zk != nil:
		return zkName(m.zk)
	case m.http != nil:
		return m.http.Method + " " + m.http.Resource
	}
	return "bytes"
}

func zkName(r *zkframe.Request) string {
	switch {
	case len(r.Parts) > 0:
		return r.Op.String() + " [" + zkName(&r.Parts[0]) + more(len(r.Parts)-1)
	case r.Path == "":
		return r.Op.String()
	}
	return r.Op.String() + " " + r.Path
}

func more(n int) string {
	if n == 0 {
		return "]"
	}
	return ", …]"
}

// fate is what becomes of a message. At most one of breaks, cut, answer and double is
// set: what comes behind it does not see the message.
type fate struct {
	late   []late
	breaks breaking // instead of it

	cut   *Armed // it breaks off
	cutAt int    // after so many bytes

	answer *Armed
	code   zkwire.Code
	status int

	double *Armed
	missed []*Armed // meant it and can do nothing with it
}

// breaking is a connection that breaks by a fault: after a silence, or once the fault is
// gone.
type breaking struct {
	by    *Armed // nil when it does not
	reset bool
	after time.Duration
}

// settled reports whether the message goes no further.
func (f *fate) settled() bool {
	return f.breaks.by != nil || f.cut != nil || f.answer != nil || f.double != nil
}

// judge asks the faults what becomes of a message, in the order in which they were armed.
func (s *state) judge(m *message) fate {
	var f fate
	for _, a := range s.faults {
		if f.settled() {
			break
		}
		a.judge(&f, m)
	}
	return f
}

// judge adds the fault's part to what becomes of a message.
func (a *Armed) judge(f *fate, m *message) {
	e, ok := a.messages()
	if !ok || !a.rule.means(m) || !e.takes(a, m) || !a.pick() {
		return
	}
	missed := len(f.missed)
	e.decide(f, a, m)
	if len(f.missed) > missed {
		a.touch(Counts{Missed: 1})
		return
	}
	c := Counts{Messages: 1, Bytes: int64(m.size), Last: []string{m.name()}}
	if f.breaks.by == a {
		c.Connections = 1
	}
	a.touch(c)
}
