package scenario

import (
	"fmt"
	"math"
	"strconv"
)

// Outcome is what is known of a condition before anything has happened.
type Outcome int

// Outcomes.
const (
	Open   Outcome = iota // it depends on the cluster
	Never                 // it cannot hold
	Always                // it cannot fail to hold
)

// Foregone is the outcome of the condition if it does not depend on the cluster, and which
// of its comparisons do not, placed: a count is a whole number and not below 0, and no more
// nodes are up than there are.
func (c Condition) Foregone(u Universe) (Outcome, []*SyntaxError) {
	f := foreseer{text: c.text, universe: u}
	outcome := f.outcome(c.root)
	return outcome, f.remarks
}

// foreseer finds the comparisons of a condition whose outcome is foregone.
type foreseer struct {
	text     string
	universe Universe
	remarks  []*SyntaxError
}

func (f *foreseer) outcome(e expr) Outcome {
	switch e := e.(type) {
	case negation:
		return not(f.outcome(e.of))
	case binary:
		switch e.op {
		case "and":
			return both(f.outcome(e.l), f.outcome(e.r))
		case "or":
			return not(both(not(f.outcome(e.l)), not(f.outcome(e.r))))
		}
		return f.comparison(e)
	}
	return Open
}

func not(o Outcome) Outcome {
	switch o {
	case Never:
		return Always
	case Always:
		return Never
	}
	return Open
}

func both(l, r Outcome) Outcome {
	switch {
	case l == Never || r == Never:
		return Never
	case l == Always && r == Always:
		return Always
	}
	return Open
}

func (f *foreseer) comparison(e binary) Outcome {
	of, calls := firstCall(e)
	if !calls {
		return Open
	}
	say := func(outcome string, r reach) {
		f.remarks = append(f.remarks, &SyntaxError{Text: f.text, Column: of.column, Message: fmt.Sprintf("this %s holds: %s is %s", outcome, of, r)})
	}
	boundless := Universe{} // that all nodes are up is what one may want always
	switch {
	case impossible(e.op, reachOf(e.l, f.universe), reachOf(e.r, f.universe)):
		say("never", reachOf(of, f.universe))
		return Never
	case impossible(contrary[e.op], reachOf(e.l, boundless), reachOf(e.r, boundless)):
		say("always", reachOf(of, boundless))
		return Always
	}
	return Open
}

// contrary is the operator that holds exactly when another does not.
var contrary = map[string]string{"==": "!=", "!=": "==", "<": ">=", ">=": "<", ">": "<=", "<=": ">"}

func firstCall(e expr) (call, bool) {
	switch e := e.(type) {
	case call:
		return e, true
	case binary:
		if of, found := firstCall(e.l); found {
			return of, true
		}
		return firstCall(e.r)
	}
	return call{}, false
}

// reach is what a number can be.
type reach struct {
	low, high float64
	whole     bool // only whole numbers in between
}

func (r reach) String() string {
	what := "a number"
	if r.whole {
		what = "a whole number"
	}
	switch low, high := strconv.FormatFloat(r.low, 'g', -1, 64), strconv.FormatFloat(r.high, 'g', -1, 64); {
	case math.IsInf(r.low, -1):
		return what
	case math.IsInf(r.high, 1):
		return what + ", and not below " + low
	default:
		return what + " from " + low + " to " + high
	}
}

var anything = reach{math.Inf(-1), math.Inf(1), false}

// reachOf is what an expression can come to. Without nodes in the universe it is not known
// how many there are.
func reachOf(e expr, u Universe) reach {
	switch e := e.(type) {
	case number:
		return reach{float64(e), float64(e), float64(e) == math.Trunc(float64(e))}
	case call:
		return e.reach(u)
	case binary:
		l, r := reachOf(e.l, u), reachOf(e.r, u)
		switch {
		case e.op == "+":
			return reach{l.low + r.low, l.high + r.high, l.whole && r.whole}
		case e.op == "-":
			return reach{l.low - r.high, l.high - r.low, l.whole && r.whole}
		case e.op == "*" && l.low >= 0 && r.low >= 0:
			return reach{l.low * r.low, math.Inf(1), l.whole && r.whole}
		}
	}
	return anything
}

func (c call) reach(u Universe) reach {
	switch c.f.Name {
	case "query":
		return anything
	case "failover":
		return reach{0, math.Inf(1), false}
	case "up", "announced":
		if len(u.Nodes) == 0 {
			break
		}
		n := 0.0
		for _, node := range u.Nodes {
			if c.args[0].Selector.Picks(Universe{Nodes: []Node{node}}, func(Node) bool { return true }) {
				n++
			}
		}
		return reach{0, n, true}
	}
	return reach{0, math.Inf(1), true}
}

// impossible reports whether a comparison cannot hold.
func impossible(op string, l, r reach) bool {
	switch op {
	case "==":
		point := func(p, other reach) bool { return p.low == p.high && !p.whole && other.whole }
		return l.high < r.low || l.low > r.high || point(l, r) || point(r, l)
	case "!=":
		return l.low == l.high && r.low == r.high && l.low == r.low
	case "<":
		return l.low >= r.high
	case "<=":
		return l.low > r.high
	case ">":
		return l.high <= r.low
	case ">=":
		return l.high < r.low
	}
	return false
}
