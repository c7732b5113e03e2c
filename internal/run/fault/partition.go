package fault

import "time"

// partition is a network that loses what goes one way, or both: nobody notices.
// The node sees nothing until its read times out, the peer nothing until its own
// does. What was sent arrives once the partition is over, as TCP sends it again.
type partition struct {
	peers Peers
	way   Direction
}

func (p *partition) rule(peer Peer, way Direction) (bool, time.Duration) {
	meant := p.peers == nil || p.peers(peer)
	return meant && (p.way == Both || p.way == way), 0
}

// Partition cuts the node off from the peers, in one direction or both.
func (l *Link) Partition(peers Peers, way Direction) (undo func()) {
	return l.arm(&partition{peers, way})
}
