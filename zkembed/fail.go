package zkembed

import (
	"path"
	"slices"
	"strings"
	"sync"

	"oakmoot/internal/zkwire"
)

// Rule is a fault inside the server: which requests it meets, and what becomes of
// them.
type Rule struct {
	Op      string    // an operation's name, such as "create"; "" is any
	Path    string    // a path pattern: * is within a part, a trailing /** is all below; "" is any
	Session SessionID // 0 is any
	Skip    int       // how many requests that match go through first
	Times   int       // how many are met; 0 is all
	Action  Action
	Code    zkwire.Code // of ActError
}

// Action is what becomes of a request that a Rule meets.
type Action int

// Actions.
const (
	ActError       Action = iota + 1 // answered with the rule's code, without effect
	ActDropRequest                   // lost on the way: no effect, and the connection is closed
	ActDropReply                     // takes effect; the answer is lost and the connection closed
	ActExpire                        // its session expires instead
)

// faultRules are the armed rules.
type faultRules struct {
	mu    sync.Mutex // guards rules
	rules []*armedRule
}

type armedRule struct {
	Rule
	seen, met int
}

// Fail arms a rule; undo takes it away, and may be called twice.
func (s *Server) Fail(rule Rule) (undo func()) {
	a := &armedRule{Rule: rule}
	f := s.rule
	f.mu.Lock()
	defer f.mu.Unlock()
	f.rules = append(f.rules, a)
	return func() {
		f.mu.Lock()
		defer f.mu.Unlock()
		f.rules = slices.DeleteFunc(f.rules, func(other *armedRule) bool { return other == a })
	}
}

func (f *faultRules) any() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.rules) > 0
}

// meet is the action of the first rule that meets the request, 0 without one.
func (f *faultRules) meet(r *request) (Action, zkwire.Code) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, a := range f.rules {
		if !a.matches(r) {
			continue
		}
		a.seen++
		if a.seen <= a.Skip || a.Times > 0 && a.met >= a.Times {
			continue
		}
		a.met++
		return a.Action, a.Code
	}
	return 0, zkwire.OK
}

func (a *armedRule) matches(r *request) bool {
	if a.Op != "" && a.Op != r.op.String() || a.Session != 0 && a.Session != r.conn.sess.id {
		return false
	}
	return a.Path == "" || matchPath(a.Path, requestPath(r))
}

// requestPath is the path that nearly every request begins with.
func requestPath(r *request) string {
	d := zkwire.NewDecoder(r.body)
	if p := d.String(); d.Err() == nil {
		return p
	}
	return ""
}

func matchPath(pattern, p string) bool {
	if below, ok := strings.CutSuffix(pattern, "/**"); ok {
		return strings.HasPrefix(p, below+"/")
	}
	ok, err := path.Match(pattern, p)
	return ok && err == nil
}

// misbehave lets a rule decide on a request; true means that it is dealt with.
func (s *state) misbehave(r *request, row op) bool {
	action, code := s.faults.meet(r)
	switch action {
	case ActError:
		s.replyError(r, code)
	case ActDropRequest:
		s.hangUp(r.conn)
	case ActDropReply:
		before := len(r.conn.out.Buf)
		row.serve(s, r)
		r.conn.out.Buf = r.conn.out.Buf[:before]
		s.hangUp(r.conn)
	case ActExpire:
		s.expire(r.conn.sess)
	default:
		return false
	}
	return true
}
