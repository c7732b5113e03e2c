package tree

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// Nodes that make up the quota of a path, below quotaRoot and the path: Quotas.
const (
	quotaRoot   = "/zookeeper/quota"
	quotaLimits = "/zookeeper_limits"
	quotaStats  = "/zookeeper_stats"
)

// Quotas are the paths that have limits. What is used below each is kept as text in
// its stats node, which changes without a version, a zxid or an event of its own.
type Quotas struct {
	tree    *Tree
	limited limited // nil until Count
}

// limited are paths that have limits.
type limited map[string]struct{}

// limitedBy is the path whose limits or stats node a path is.
func limitedBy(node, suffix string) (path string, ok bool) {
	path, under := strings.CutPrefix(node, quotaRoot)
	path, ok = strings.CutSuffix(path, suffix)
	return path, under && ok && path != ""
}

// over is the nearest path above, or at, a path that has limits.
func (l limited) over(path string) (at string, ok bool) {
	if len(l) == 0 {
		return "", false
	}
	for path != "/" {
		if _, ok := l[path]; ok {
			return path, true
		}
		path, _ = Split(path)
	}
	return "", false
}

// account updates the use of quotas after an effect has been applied.
func (q *Quotas) account(e *Effect, undo *Undo) {
	if q.limited == nil {
		return
	}
	count := int64(0)
	switch e.Kind {
	case Create:
		count = 1
		q.opened(e.Path)
	case Delete:
		count = -1
		if path, ok := limitedBy(e.Path, quotaLimits); ok {
			delete(q.limited, path)
		}
	case SetData:
	default:
		return
	}
	if undo != nil {
		undo.add(func() { q.restore(e) })
	}
	at, ok := q.limited.over(e.Path)
	if !ok {
		return
	}
	bytes := int64(len(e.Data) - len(e.Before))
	q.use(at, count, bytes)
	if undo != nil {
		undo.add(func() { q.use(at, -count, -bytes) })
	}
}

// restore takes back what account did because the node is one of a quota's own.
func (q *Quotas) restore(e *Effect) {
	path, ok := limitedBy(e.Path, quotaLimits)
	switch {
	case ok && e.Kind == Create:
		delete(q.limited, path)
	case ok && e.Kind == Delete:
		q.limited[path] = struct{}{}
	}
}

// opened looks at a new node: limits take effect, and a stats node is filled in.
func (q *Quotas) opened(node string) {
	if path, ok := limitedBy(node, quotaLimits); ok {
		q.limited[path] = struct{}{}
	}
	if path, ok := limitedBy(node, quotaStats); ok {
		count, bytes := int64(0), int64(0)
		q.tree.Each(path, func(_ string, n *Node) { count, bytes = count+1, bytes+int64(n.Size()) })
		q.tree.rewrite(node, setUsage(nil, count, bytes))
	}
}

// use adds to what is used below a limited path.
func (q *Quotas) use(at string, count, bytes int64) {
	stats := quotaRoot + at + quotaStats
	if n := q.tree.Lookup(stats); n != nil {
		had := parseQuota(n.Data())
		q.tree.rewrite(stats, setUsage(n.Data(), had["count"]+count, had["bytes"]+bytes))
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

// Quota is the limits of a path, and what is used of them.
type Quota struct{ limits, used map[string]int64 }

// Exceeded reports whether adding that much would exceed a hard limit. Soft limits only
// warn.
func (q Quota) Exceeded(count, bytes int64) bool {
	return q.beyond("count", "countHardLimit", count) || q.beyond("bytes", "byteHardLimit", bytes)
}

func (q Quota) beyond(key, hard string, more int64) bool {
	most, set := q.limits[hard]
	return set && most >= 0 && more != 0 && q.used[key]+more > most
}

// read reads a quota's nodes; false when one is missing.
func (q *Quotas) read(at string) (Quota, bool) {
	limits, used := q.tree.Lookup(quotaRoot+at+quotaLimits), q.tree.Lookup(quotaRoot+at+quotaStats)
	if limits == nil || used == nil {
		return Quota{}, false
	}
	return Quota{parseQuota(limits.Data()), parseQuota(used.Data())}, true
}

// Over is the nearest quota above, or at, a path.
func (q *Quotas) Over(path string) (Quota, bool) {
	at, ok := q.limited.over(path)
	if !ok {
		return Quota{}, false
	}
	return q.read(at)
}

// FrozenQuotas are the quotas as they were at a moment.
type FrozenQuotas struct {
	limited limited
	read    map[string]Quota
}

// Freeze keeps the quotas as they are, for a multi: no part of it sees what another part
// uses.
func (q *Quotas) Freeze() FrozenQuotas {
	if len(q.limited) == 0 {
		return FrozenQuotas{}
	}
	f := FrozenQuotas{maps.Clone(q.limited), map[string]Quota{}}
	for at := range q.limited {
		if quota, ok := q.read(at); ok {
			f.read[at] = quota
		}
	}
	return f
}

// Over is the nearest quota above, or at, a path.
func (f FrozenQuotas) Over(path string) (Quota, bool) {
	at, _ := f.limited.over(path)
	q, ok := f.read[at]
	return q, ok
}

// Count finds all limits, counts what is used below each, and keeps counting from then on.
// The log does not record what is used: DataTree.setupQuota.
func (q *Quotas) Count() {
	q.limited = limited{}
	q.tree.Each(quotaRoot, func(node string, _ *Node) {
		if path, ok := limitedBy(node, quotaLimits); ok {
			q.limited[path] = struct{}{}
		}
	})
	for path := range q.limited {
		if stats := quotaRoot + path + quotaStats; q.tree.Lookup(stats) != nil {
			q.opened(stats)
		}
	}
}
