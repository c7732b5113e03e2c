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

// Rule is a fault inside the server: which requests it meets, and what happens to them.
type Rule struct {
	Op      string        // an operation's name, such as "create"; "" is any
	Ops     []string      // operations' names, of which it may be any; nil goes by Op
	Path    string        // a path pattern: * is within a part, a trailing /** is all below; "" is any
	Session SessionID     // 0 is any
	Name    string        // a pattern of the session's name, see NameSession; "" is any
	Skip    int           // how many requests that match go through first: the nth is met by n-1
	Times   int           // how many are met; 0 is all
	Pick    func() bool   // decides of a request that matches whether it is met, instead of Skip and Times; it must not wait
	Action  Action        // what happens to them
	Code    Code          // of ActError
	Delay   time.Duration // of ActDelay
}

// Action is what happens to a request that a Rule meets.
type Action int

// Actions. A request or a reply is lost by closing the connection before or after it,
// since TCP loses nothing within a connection.
const (
	ActError       Action = iota + 1 // answered with the rule's code, without effect
	ActDropRequest                   // lost on the way: no effect, and the connection is closed
	ActDropReply                     // takes effect; the answer is lost and the connection closed
	ActDisconnect                    // takes effect and is answered; then the connection is closed
	ActExpire                        // its session expires instead
	ActDelay                         // waits, along with everything behind it on its connection
)

// faultRules are the armed rules. They may be armed while the state uses them.
type faultRules struct {
	count atomic.Int32 // of rules, so that a server without any takes no mutex

	mu    sync.Mutex // guards rules
	rules []*armedRule
}

type armedRule struct {
	Rule
	seen, met int
}

// arm adds a rule; undo takes it away.
func (f *faultRules) arm(rule Rule) (undo func()) {
	a := &armedRule{Rule: rule}
	f.change(func(rules []*armedRule) []*armedRule { return append(rules, a) })
	return func() {
		f.change(func(rules []*armedRule) []*armedRule {
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
		a.Session != 0 && a.Session != SessionID(sess.id) || a.Name != "" && !matchName(a.Name, sess.name) {
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

// misbehave lets a rule decide on a request; true when the rule has dealt with it.
func (r *request) misbehave() bool {
	s, c := r.state, r.conn
	if c.held.passed { // it has waited, and is not delayed again
		c.held.passed = false
		return false
	}
	rule, ok := s.faults.rules.meet(r)
	if !ok {
		return false
	}
	switch rule.Action {
	case ActError:
		r.reply(zkwire.Code(rule.Code))
	case ActDropRequest:
		s.out.hangUp(c)
	case ActDropReply:
		before := len(c.out.Buf)
		r.carryOut()
		c.out.Buf = c.out.Buf[:before]
		s.out.hangUp(c)
	case ActDisconnect:
		r.carryOut()
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
