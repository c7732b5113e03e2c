package fault

import (
	"math/rand/v2"
	"sync"
	"time"
)

// delay makes everything late, in both directions and in order; nothing is lost.
type delay struct {
	peers  Peers
	by     time.Duration
	jitter time.Duration

	mu  sync.Mutex // guards rng
	rng *rand.Rand
}

func (d *delay) rule(peer Peer, _ Direction) (bool, time.Duration) {
	if d.peers != nil && !d.peers(peer) {
		return false, 0
	}
	late := d.by
	if d.jitter > 0 {
		d.mu.Lock()
		late += time.Duration(d.rng.Int64N(int64(d.jitter)))
		d.mu.Unlock()
	}
	return false, late
}

// Delay makes the node's traffic with the peers late by some time, and by up to
// jitter more.
func (l *Link) Delay(peers Peers, by, jitter time.Duration) (undo func()) {
	l.mu.Lock()
	rng := rand.New(rand.NewPCG(l.rng.Uint64(), l.rng.Uint64()))
	l.mu.Unlock()
	return l.arm(&delay{peers: peers, by: by, jitter: jitter, rng: rng})
}
