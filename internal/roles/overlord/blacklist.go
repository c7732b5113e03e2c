package overlord

import "time"

// judge counts a worker's failures in a row. Too many put it on the blacklist for a
// while, as long as few others are on it: RemoteTaskRunner.taskComplete.
func (t *term) judge(w *worker, success bool) {
	if success {
		w.failures, w.blacklisted = 0, time.Time{}
	} else {
		w.failures++
	}
	if w.failures > t.set.maxRetries && t.onBlacklist()*100 <= len(t.workers)*t.set.maxBlacklisted-100 {
		w.blacklisted = time.Now().Add(t.set.blacklistBackoff)
		t.log.Warn("worker blacklisted", "worker", w.info.Host, "failures", w.failures, "until", w.blacklisted)
	}
}

func (t *term) onBlacklist() int {
	n := 0
	for _, w := range t.workers {
		if !w.blacklisted.IsZero() {
			n++
		}
	}
	return n
}

// sweepBlacklist lets workers back whose time is over, or as many as are too many on
// it: RemoteTaskRunner.checkBlackListedNodes.
func (t *term) sweepBlacklist(now time.Time) {
	on := t.onBlacklist()
	for _, w := range t.workers {
		if w.blacklisted.IsZero() || now.Before(w.blacklisted) && on*100 <= len(t.workers)*t.set.maxBlacklisted {
			continue
		}
		w.blacklisted, w.failures, t.dirty = time.Time{}, 0, true
		on--
		t.log.Info("worker taken off the blacklist", "worker", w.info.Host)
	}
}
