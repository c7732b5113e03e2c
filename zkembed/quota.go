package zkembed

import (
	"oakmoot/internal/zk/zkwire"
	"oakmoot/zkembed/internal/tree"
)

// freezeQuotas is the quotas as they were before a multi began: no part of it sees what
// another one uses. There are none while nobody enforces anything.
func (s *state) freezeQuotas() tree.FrozenQuotas {
	if !s.opts.EnforceQuota {
		return tree.FrozenQuotas{}
	}
	return s.tree.FreezeQuotas()
}

// underQuota checks what a change would add to the use of its quota:
// ZooKeeperServer.checkQuota, which looks at what has been applied, and at nothing of
// the same multi.
func (s *state) underQuota(who *caller, path string, count, bytes int64) zkwire.Code {
	if !s.opts.EnforceQuota {
		return zkwire.OK
	}
	over := s.tree.QuotaOver
	if who.multi {
		over = who.quotas.Over
	}
	if q, ok := over(path); ok && q.Exceeded(count, bytes) {
		return zkwire.QuotaExceeded
	}
	return zkwire.OK
}
