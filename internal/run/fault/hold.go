package fault

import "time"

// Hold is a network that loses what goes one way, or both: nobody notices. The node
// sees nothing until its read times out, the peer nothing until its own does. What was
// sent arrives once the fault is gone, as TCP sends it again.
type Hold struct{}

func (Hold) check(r *Rule) error { return r.onlyBytes() }
func (Hold) holds() bool         { return true }
func (Hold) late(*Armed, Direction, int, time.Time) time.Duration {
	return 0
}

// Partition cuts the node off from the peers, in one direction or both, by a Hold.
func (l *Link) Partition(peers Peers, way Direction) (undo func()) {
	return l.arm(Hold{}, Rule{Peers: peers, Way: way}).Undo
}
