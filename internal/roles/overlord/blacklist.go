package overlord

import "time"

// judge counts a worker's failures in a row. Too many of them put it on the blacklist for
// a while, unless too many others are on it: RemoteTaskRunner.taskComplete.
func (r *roster) judge(w *worker, success bool) {
	if success {
		w.failures, w.blacklisted = 0, time.Time{}
	} else {
		w.failures++
	}
	if w.failures > r.blacklist.maxRetries && r.onBlacklist()*100 <= len(r.workers)*r.blacklist.maxPercent-100 {
		w.blacklisted = r.clock.Now().Add(r.blacklist.backoff)
		r.log.Warn("worker blacklisted", "worker", w.info.Host, "failures", w.failures, "until", w.blacklisted)
	}
}

func (r *roster) onBlacklist() int {
	n := 0
	for _, w := range r.workers {
		if !w.blacklisted.IsZero() {
			n++
		}
	}
	return n
}

// sweepBlacklist takes workers off the blacklist whose time is over, or that are too many
// on it: RemoteTaskRunner.checkBlackListedNodes. It reports whether there were any.
func (r *roster) sweepBlacklist(now time.Time) bool {
	on, changed := r.onBlacklist(), false
	for _, w := range r.all() {
		if w.blacklisted.IsZero() || now.Before(w.blacklisted) && on*100 <= len(r.workers)*r.blacklist.maxPercent {
			continue
		}
		w.blacklisted, w.failures, changed = time.Time{}, 0, true
		on--
		r.log.Info("worker taken off the blacklist", "worker", w.info.Host)
	}
	return changed
}
