package zkembed

import (
	"path"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"oakmoot/internal/zk/zkwire"
)

// Rule is a fault inside the server: which requests it meets, and what becomes of
// them.
type Rule struct {
	Op      string        // an operation's name, such as "create"; "" is any
	Ops     []string      // operations' names, of which it may be any; nil goes by Op
	Path    string        // a path pattern: * is within a part, a trailing /** is all below; "" is any
	Session SessionID     // 0 is any
	Name    string        // a pattern of the session's name, see NameSession; "" is any
	Skip    int           // how many requests that match go through first: the nth is met by n-1
	Times   int           // how many are met; 0 is all
	Pick    func() bool   // decides of a request that matches whether it is met, instead of Skip and Times; it must not wait
	Action  Action        // what becomes of them
	Code    Code          // of ActError
	Delay   time.Duration // of ActDelay
}

// Code is an error code as KeeperException.Code numbers them: -101 is NoNode.
type Code = zkwire.Code

// Action is what becomes of a request that a Rule meets.
type Action int

// Actions. A request or a reply is lost by closing the connection before or after
// it: within a connection TCP loses nothing.
const (
	ActError       Action = iota + 1 // answered with the rule's code, without effect
	ActDropRequest                   // lost on the way: no effect, and the connection is closed
	ActDropReply                     // takes effect; the answer is lost and the connection closed
	ActDisconnect                    // takes effect and is answered; then the connection is closed
	ActExpire                        // its session expires instead
	ActDelay                         // waits, with everything behind it on its connection
)

// faultRules are the armed rules. Tests arm them while the state asks.
type faultRules struct {
	count atomic.Int32 // of rules, so that a server without any asks no mutex

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
	s.rules.change(func(rules []*armedRule) []*armedRule { return append(rules, a) })
	return func() {
		s.rules.change(func(rules []*armedRule) []*armedRule {
			return slices.DeleteFunc(rules, func(other *armedRule) bool { return other == a })
		})
	}
}

func (f *faultRules) change(to func([]*armedRule) []*armedRule) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.rules = to(f.rules)
	f.count.Store(int32(len(f.rules)))
}

func (f *faultRules) armed() bool { return f.count.Load() > 0 }

// meet is the first rule that meets the request.
func (f *faultRules) meet(r *request) (rule Rule, ok bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, a := range f.rules {
		if !a.matches(r) {
			continue
		}
		if a.Pick != nil {
			if a.Pick() {
				return a.Rule, true
			}
			continue
		}
		a.seen++
		if a.seen <= a.Skip || a.Times > 0 && a.met >= a.Times {
			continue
		}
		a.met++
		return a.Rule, true
	}
	return Rule{}, false
}

func (a *armedRule) matches(r *request) bool {
	sess := r.conn.sess
	if a.Op != "" && a.Op != r.code.String() || a.Ops != nil && !slices.Contains(a.Ops, r.code.String()) ||
		a.Session != 0 && a.Session != sess.id || a.Name != "" && !matchName(a.Name, sess.name) {
		return false
	}
	return a.Path == "" || slices.ContainsFunc(r.op.pathsIn(r.raw), func(p string) bool { return matchPath(a.Path, p) })
}

func matchName(pattern, name string) bool {
	ok, err := path.Match(pattern, name)
	return ok && err == nil && name != ""
}

func matchPath(pattern, p string) bool {
	if below, ok := strings.CutSuffix(pattern, "/**"); ok {
		return strings.HasPrefix(p, below+"/")
	}
	ok, err := path.Match(pattern, p)
	return ok && err == nil
}

// misbehave lets a rule decide on a request; true means that it is dealt with.
func (r *request) misbehave() bool {
	s, c := r.state, r.conn
	if c.held.passed { // it has waited, and is not asked again
		c.held.passed = false
		return false
	}
	rule, ok := s.faults.rules.meet(r)
	if !ok {
		return false
	}
	switch rule.Action {
	case ActError:
		r.reply(rule.Code)
	case ActDropRequest:
		s.out.hangUp(c)
	case ActDropReply:
		before := len(c.out.Buf)
		r.op.serve(s, r)
		c.out.Buf = c.out.Buf[:before]
		s.out.hangUp(c)
	case ActDisconnect:
		r.op.serve(s, r)
		s.out.hangUp(c)
	case ActExpire:
		s.expire(c.sess)
	case ActDelay:
		s.faults.delays.begin(c, s.clock.now+rule.Delay.Milliseconds())
	default:
		return false
	}
	return true
}
