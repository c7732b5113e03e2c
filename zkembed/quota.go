package zkembed

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"oakmoot/internal/zk/zkwire"
)

// Nodes that make up the quota of a path, below quotaRoot and the path: Quotas.
const (
	quotaRoot   = "/zookeeper/quota"
	quotaLimits = "/zookeeper_limits"
	quotaStats  = "/zookeeper_stats"
)

// quotas are the paths that have limits. What is used below each is kept as text in
// its stats node, which changes without a version, a zxid or an event of its own.
type quotas map[string]struct{}

// limitedBy cuts the path out of that of its limits or stats node.
func limitedBy(node, suffix string) (path string, ok bool) {
	path, under := strings.CutPrefix(node, quotaRoot)
	path, ok = strings.CutSuffix(path, suffix)
	return path, under && ok && path != ""
}

// over is the nearest path above, or at, a path that has limits.
func (q quotas) over(path string) (limited string, ok bool) {
	if len(q) == 0 {
		return "", false
	}
	for path != "/" {
		if _, ok := q[path]; ok {
			return path, true
		}
		path, _ = split(path)
	}
	return "", false
}

// account keeps the books on an effect that has been applied.
func (q quotas) account(t *tree, e *effect, undo *undoLog) {
	count := int64(0)
	switch e.kind {
	case effectCreate:
		count = 1
		q.opened(t, e.path)
	case effectDelete:
		count = -1
		if path, ok := limitedBy(e.path, quotaLimits); ok {
			delete(q, path)
		}
	case effectSetData:
	default:
		return
	}
	if undo != nil {
		undo.add(func() { q.restore(e) })
	}
	limited, ok := q.over(e.path)
	if !ok {
		return
	}
	bytes := int64(len(e.data) - len(e.before))
	q.use(t, limited, count, bytes)
	if undo != nil {
		undo.add(func() { q.use(t, limited, -count, -bytes) })
	}
}

// restore takes back what account did because the node was one of a quota's own.
func (q quotas) restore(e *effect) {
	path, ok := limitedBy(e.path, quotaLimits)
	switch {
	case ok && e.kind == effectCreate:
		delete(q, path)
	case ok && e.kind == effectDelete:
		q[path] = struct{}{}
	}
}

// opened looks at a new node: limits begin to count, and a stats node is filled in.
func (q quotas) opened(t *tree, node string) {
	if path, ok := limitedBy(node, quotaLimits); ok {
		q[path] = struct{}{}
	}
	if path, ok := limitedBy(node, quotaStats); ok {
		count, bytes := int64(0), int64(0)
		if t.lookup(path) != nil {
			t.walk(path, func(_ string, n *znode) { count, bytes = count+1, bytes+int64(n.size()) })
		}
		t.rewrite(node, setUsage(nil, count, bytes))
	}
}

// use adds to what is used below a limited path.
func (q quotas) use(t *tree, limited string, count, bytes int64) {
	stats := quotaRoot + limited + quotaStats
	if n := t.lookup(stats); n != nil {
		had := parseQuota(n.data())
		t.rewrite(stats, setUsage(n.data(), had["count"]+count, had["bytes"]+bytes))
	}
}

// parseQuota reads "count=1,bytes=2", which "=;byteHardLimit=3;countHardLimit=4" may
// follow: StatsTrack.
func parseQuota(text []byte) map[string]int64 {
	values := map[string]int64{}
	for field := range strings.FieldsFuncSeq(string(text), func(r rune) bool { return r == ',' || r == ';' }) {
		key, value, _ := strings.Cut(field, "=")
		if n, err := strconv.ParseInt(strings.TrimSuffix(value, "="), 10, 64); err == nil {
			values[key] = n
		}
	}
	return values
}

// setUsage writes count and bytes, and keeps the other keys: StatsTrack.toString.
func setUsage(text []byte, count, bytes int64) []byte {
	values := parseQuota(text)
	delete(values, "count")
	delete(values, "bytes")
	b := fmt.Appendf(nil, "count=%d,bytes=%d", count, bytes)
	if len(values) > 0 {
		b = append(b, '=')
	}
	for _, key := range slices.Sorted(maps.Keys(values)) {
		b = fmt.Appendf(b, ";%s=%d", key, values[key])
	}
	return b
}

// books are what a quota says: its limits and what is used of them.
type books struct{ limits, used map[string]int64 }

// booksOf reads a quota's nodes; false when one is missing.
func (t *tree) booksOf(limited string) (books, bool) {
	limits, used := t.lookup(quotaRoot+limited+quotaLimits), t.lookup(quotaRoot+limited+quotaStats)
	if limits == nil || used == nil {
		return books{}, false
	}
	return books{parseQuota(limits.data()), parseQuota(used.data())}, true
}

// quotaView is the quotas as they were before a multi began: no part of it sees what
// another one uses.
type quotaView struct {
	quotas quotas
	books  map[string]books
}

// freezeQuotas is the view for a multi; the zero one while nobody enforces anything.
func (s *state) freezeQuotas() quotaView {
	if !s.opts.EnforceQuota || len(s.quotas) == 0 {
		return quotaView{}
	}
	v := quotaView{maps.Clone(s.quotas), map[string]books{}}
	for limited := range s.quotas {
		if b, ok := s.tree.booksOf(limited); ok {
			v.books[limited] = b
		}
	}
	return v
}

// booksOver are those of the nearest quota above a path.
func (s *state) booksOver(who *caller, path string) (b books, ok bool) {
	if who.multi {
		limited, _ := who.quotas.quotas.over(path)
		b, ok = who.quotas.books[limited]
		return b, ok
	}
	limited, ok := s.quotas.over(path)
	if !ok {
		return books{}, false
	}
	return s.tree.booksOf(limited)
}

// underQuota checks what a change would add to the use of its quota:
// ZooKeeperServer.checkQuota, which looks at what has been applied, and at nothing of
// the same multi. Soft limits only warn.
func (s *state) underQuota(who *caller, path string, count, bytes int64) zkwire.Code {
	if !s.opts.EnforceQuota {
		return zkwire.OK
	}
	b, ok := s.booksOver(who, path)
	if !ok {
		return zkwire.OK
	}
	for _, one := range []struct {
		key, hard string
		more      int64
	}{{"count", "countHardLimit", count}, {"bytes", "byteHardLimit", bytes}} {
		most, set := b.limits[one.hard]
		if set && most >= 0 && one.more != 0 && b.used[one.key]+one.more > most {
			return zkwire.QuotaExceeded
		}
	}
	return zkwire.OK
}

// quotasOf finds the limits in a tree that was read from a file, and counts what is
// used below each anew: the log does not hold it. DataTree.setupQuota.
func quotasOf(t *tree) quotas {
	q := quotas{}
	t.walk(quotaRoot, func(node string, _ *znode) {
		if path, ok := limitedBy(node, quotaLimits); ok {
			q[path] = struct{}{}
		}
	})
	for path := range q {
		if stats := quotaRoot + path + quotaStats; t.lookup(stats) != nil {
			q.opened(t, stats)
		}
	}
	return q
}
