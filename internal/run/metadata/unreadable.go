package metadata

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/hashicorp/go-hclog"
)

// UnreadableRow is a row whose content is not what Druid 0.14.0 writes there. The store carries on without it.
type UnreadableRow struct {
	Table  string
	Key    string // the row's id, or its name
	Reason string
}

func (r UnreadableRow) String() string { return r.Table + " " + r.Key + ": " + r.Reason }

// rowKey names a row of any table.
type rowKey struct{ table, key string }

// maxUnreadable bounds how many rows are remembered, and so logged.
const maxUnreadable = 1000

// ledger remembers the rows that were left out, so that each is logged once and not at every poll.
type ledger struct {
	mu   sync.Mutex // guards the fields below
	log  hclog.Logger
	rows map[rowKey]string // the reasons
	full bool              // it has been logged that no more rows will be
}

func newLedger() *ledger { return &ledger{log: hclog.NewNullLogger(), rows: map[rowKey]string{}} }

// note records a row, and logs it if it is new or its reason has changed.
func (l *ledger) note(table, key string, err error) {
	reason := err.Error()
	switch told, last := l.add(rowKey{table, key}, reason); {
	case told:
		l.log.Warn("unreadable row left out", "table", table, "row", key, "error", reason)
	case last:
		l.log.Warn("further unreadable rows are not logged", "logged", maxUnreadable)
	}
}

// add reports whether a row is to be logged, and whether it is the first that is not.
func (l *ledger) add(at rowKey, reason string) (told, last bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	known, ok := l.rows[at]
	switch {
	case ok && known == reason:
		return false, false
	case !ok && len(l.rows) >= maxUnreadable:
		last = !l.full
		l.full = true
		return false, last
	}
	l.rows[at] = reason
	return true, false
}

// strike removes a row that can be read again.
func (l *ledger) strike(table, key string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.rows, rowKey{table, key})
}

func (l *ledger) noted() []rowKey {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.SortedFunc(maps.Keys(l.rows), func(a, b rowKey) int {
		return cmp.Or(cmp.Compare(a.table, b.table), cmp.Compare(a.key, b.key))
	})
}

// of lists the recorded rows of a table.
func (l *ledger) of(table string) []any {
	l.mu.Lock()
	defer l.mu.Unlock()
	var keys []any
	for k := range l.rows {
		if k.table == table {
			keys = append(keys, k.key)
		}
	}
	return keys
}

// names are the recorded rows of a table in one text.
func (l *ledger) names(table string) string {
	var names strings.Builder
	for _, k := range l.noted() {
		if k.table == table {
			names.WriteString(k.key + "\n")
		}
	}
	return names.String()
}

func (l *ledger) reason(k rowKey) (string, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	reason, ok := l.rows[k]
	return reason, ok
}

// LogTo has the store log rows that it cannot read. Call it before using the store.
func (s *Store) LogTo(log hclog.Logger) { s.ledger.log = log }

// LeaveOut records that a config row is unusable to its reader or, with a nil error, that it is usable again.
func (s Configuration) LeaveOut(name string, err error) {
	if err == nil {
		s.ledger.strike("druid_config", name)
		return
	}
	s.ledger.note("druid_config", name, err)
}

// keyColumns are the columns that name a row of each table.
var keyColumns = map[string]string{
	"druid_segments": "id", "druid_pendingSegments": "id", "druid_tasks": "id", "druid_rules": "id",
	"druid_config": "name", "druid_audit": "id", "druid_tasklocks": "id",
}

// numberedRows are the tables whose rows are named by numbers.
var numberedRows = []string{"druid_audit", "druid_tasklocks"}

// Unreadable lists the rows that were left out when last read and still exist.
func (s *Store) Unreadable(ctx context.Context) ([]UnreadableRow, error) {
	var all []UnreadableRow
	for _, k := range s.ledger.noted() {
		there, err := s.reads().hasRow(ctx, k)
		if err != nil {
			return all, fmt.Errorf("look for row %s of %s: %w", k.key, k.table, err)
		}
		reason, ok := s.ledger.reason(k)
		switch {
		case !there:
			s.ledger.strike(k.table, k.key)
		case ok:
			all = append(all, UnreadableRow{k.table, k.key, reason})
		}
	}
	return all, nil
}

func (c conn) hasRow(ctx context.Context, k rowKey) (bool, error) {
	var key any = k.key
	if slices.Contains(numberedRows, k.table) {
		n, err := strconv.ParseInt(k.key, 10, 64)
		if err != nil {
			return true, nil // without a number there is no row to look for
		}
		key = n
	}
	found, err := collect(ctx, c, single[int], "SELECT 1 FROM "+k.table+" WHERE "+keyColumns[k.table]+" = ?", key)
	return len(found) > 0, err
}

// readable reads every row of a query that it can: read returns the row's key even with an error. Rows that it cannot
// read are recorded and left out.
func readable[T any](ctx context.Context, c conn, table string, read func(scan) (string, T, error), query string, args ...any) ([]T, error) {
	type row struct {
		key   string
		value T
		err   error
	}
	rows, err := collect(ctx, c, func(s scan) (row, error) {
		key, value, err := read(s)
		return row{key, value, err}, nil
	}, query, args...)
	if err != nil {
		return nil, err
	}
	var all []T
	for _, r := range rows {
		if r.err != nil {
			c.ledger.note(table, r.key, r.err)
			continue
		}
		c.ledger.strike(table, r.key)
		all = append(all, r.value)
	}
	return all, nil
}
