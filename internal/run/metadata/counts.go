package metadata

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"sync"

	"oakmoot/internal/druid"
)

// Counts is how much the store holds at one moment.
type Counts struct {
	Used        map[string]int  // used segments that can be read, by datasource
	Tasks       map[string]int  // tasks, by status; those whose status cannot be read under Unreadable
	DataSources map[string]bool // named by a used segment or a task
}

// Unreadable stands for the status of a task whose row has no readable one.
const Unreadable = "UNREADABLE"

// countsMemo remembers what was counted last, and when that holds.
type countsMemo struct {
	mu     sync.Mutex // guards the fields below
	of     countsOf
	counts Counts
}

// countsOf is a state of the store: how often this process and others have written, and which rows of it are left out.
type countsOf struct {
	writes, foreign int64
	left            string
}

// Counts counts everything in one statement, so that a task's success and what it published are always seen together.
// Segments that were left out when last read are not counted: nobody can serve them. The maps must not be changed:
// as long as nobody writes to a file, nothing is counted again. What others write to PostgreSQL is not known, so there
// it is.
func (s *Store) Counts(ctx context.Context) (Counts, error) {
	if s.dialect.digest != "" {
		return s.count(ctx)
	}
	of := countsOf{writes: s.Writes(), left: s.ledger.names("druid_segments")}
	var err error
	if of.foreign, err = s.foreignWrites(ctx); err != nil {
		return Counts{}, fmt.Errorf("count segments and tasks: %w", err)
	}
	s.memo.mu.Lock()
	defer s.memo.mu.Unlock()
	if s.memo.of == of && s.memo.counts.Used != nil {
		return s.memo.counts, nil
	}
	counts, err := s.count(ctx)
	if err == nil {
		s.memo.of, s.memo.counts = of, counts
	}
	return counts, err
}

func (s *Store) count(ctx context.Context) (Counts, error) {
	type row struct {
		dataSource string
		n          int
		status     []byte // nil for segments
	}
	read := func(s scan) (r row, err error) {
		err = s(&r.dataSource, &r.n, &r.status)
		return r, err
	}
	left := s.ledger.of("druid_segments")
	readable := "COUNT(*)"
	if len(left) > 0 {
		readable = "SUM(CASE WHEN id IN (?" + strings.Repeat(", ?", len(left)-1) + ") THEN 0 ELSE 1 END)"
	}
	rows, err := collect(ctx, s.reads(), read, "SELECT dataSource, "+readable+`, NULL FROM druid_segments WHERE used = true GROUP BY dataSource
		UNION ALL SELECT datasource, 1, status_payload FROM druid_tasks`, left...)
	if err != nil {
		return Counts{}, fmt.Errorf("count segments and tasks: %w", err)
	}
	c := Counts{Used: map[string]int{}, Tasks: map[string]int{}, DataSources: map[string]bool{}}
	for _, r := range rows {
		c.DataSources[r.dataSource] = true
		if r.status == nil {
			if r.n > 0 {
				c.Used[r.dataSource] = r.n
			}
			continue
		}
		var status druid.TaskStatus
		_ = json.Unmarshal(r.status, &status) // an unreadable one has no status
		c.Tasks[cmp.Or(status.Status, Unreadable)]++
	}
	return c, nil
}
