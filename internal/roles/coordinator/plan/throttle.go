package plan

import (
	"fmt"

	"oakmoot/internal/druid"
)

// Throttle bounds how many replicas are being created in a tier at a time: ReplicationThrottler. It lives as long as
// a leadership.
type Throttle struct {
	limit int
	tiers map[string]*throttledTier
}

type throttledTier struct {
	creating map[druid.SegmentID]bool // Druid counts a segment once, however many its replicas
	lifetime int                      // how many more runs before there is a warning
	open     bool                     // whether this run may create replicas
}

// NewThrottle returns a throttle with nothing under way.
func NewThrottle() *Throttle { return &Throttle{tiers: map[string]*throttledTier{}} }

// Begin opens, for one run, the tiers whose earlier replicas are all done.
func (t *Throttle) Begin(tiers []string, config druid.DynamicConfig, warn func(string)) {
	t.limit = config.ReplicationThrottleLimit
	for _, name := range tiers {
		tier := t.tiers[name]
		if tier == nil {
			tier = &throttledTier{creating: map[druid.SegmentID]bool{}, lifetime: config.ReplicantLifetime}
			t.tiers[name] = tier
		}
		tier.open = len(tier.creating) == 0
		if tier.open {
			tier.lifetime = config.ReplicantLifetime
			continue
		}
		if tier.lifetime--; tier.lifetime < 0 {
			warn(fmt.Sprintf("tier %s: %d replicas are stuck after %d runs", name, len(tier.creating), config.ReplicantLifetime))
		}
	}
}

// MayCreate reports whether one more replica may be created in a tier.
func (t *Throttle) MayCreate(tier string) bool {
	state := t.tiers[tier]
	return state != nil && state.open && len(state.creating) < t.limit
}

// Created records that a replica is being created.
func (t *Throttle) Created(tier string, id druid.SegmentID) { t.tiers[tier].creating[id] = true }

// Done records that the request for a replica has ended.
func (t *Throttle) Done(tier string, id druid.SegmentID) {
	if state := t.tiers[tier]; state != nil {
		delete(state.creating, id)
	}
}
