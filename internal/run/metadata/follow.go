package metadata

import (
	"context"
	"fmt"
	"hash/maphash"
	"maps"
	"slices"
	"strings"
	"time"

	"oakmoot/internal/druid"
)

// Follower keeps up with which segments are used. It reads the payload of a row once. Which rows to look at it learns
// from the journal and, for what other processes change, from what the database tells cheaply: SQLite whether another
// process has written at all, PostgreSQL a digest of the ids of each datasource. It belongs to one goroutine.
type Follower struct {
	segments Segments
	seeds    [2]maphash.Seed
	known    map[digest]*following
	look     uint32              // the number of this look
	again    map[string]bool     // ids of rows to look at in any case: forgotten ones, and ones that cannot be read
	next     int                 // in the journal
	version  int64               // SQLite's, of the last look that could ask for it; 0 if none could
	unasked  int                 // how many looks in a row went by the journal alone, as none could
	digests  map[string]idDigest // PostgreSQL's, by datasource
	found    Followed            // and not reported, as the look failed
}

// digest stands for the id of a row.
type digest [2]uint64

// following is a used row.
type following struct {
	segment *druid.DataSegment
	seen    uint32 // the last look at everything that found it
}

// idDigest is how many used segments a datasource has, and a sum over their ids.
type idDigest struct {
	count int
	sum   string
}

// Followed is what has changed since a Follower looked last.
type Followed struct {
	Added []*druid.DataSegment
	Gone  []druid.SegmentID
	Used  int // how many there are now
}

// idsAtOnce is how many rows one statement asks for by their ids.
const idsAtOnce = 500

// Follow returns a Follower that knows of no segments yet.
func (s Segments) Follow() *Follower {
	return &Follower{
		segments: s, seeds: [2]maphash.Seed{maphash.MakeSeed(), maphash.MakeSeed()},
		known: map[digest]*following{}, again: map[string]bool{}, digests: map[string]idDigest{},
	}
}

// Forget makes it report segments as added again if they are used when it looks next.
func (f *Follower) Forget(ids ...druid.SegmentID) {
	for _, id := range ids {
		row := id.String()
		delete(f.known, f.digest(row))
		f.again[row] = true
	}
}

func (f *Follower) digest(id string) digest {
	return digest{maphash.String(f.seeds[0], id), maphash.String(f.seeds[1], id)}
}

// Changes looks at what may have changed. What a look that fails has found is reported by the next one.
func (f *Follower) Changes(ctx context.Context) (Followed, error) {
	failed := len(f.found.Added) > 0
	if err := f.lookOn(ctx, f.segments.reads()); err != nil {
		return Followed{}, fmt.Errorf("follow segments: %w", err)
	}
	found := f.found
	f.found = Followed{}
	if failed { // something found then may have gone since
		found.Added = slices.DeleteFunc(found.Added, func(s *druid.DataSegment) bool { return f.known[f.digest(s.ID().String())] == nil })
	}
	found.Used = len(f.known)
	return found, nil
}

func (f *Follower) lookOn(ctx context.Context, c conn) error {
	switch {
	case len(f.known) == 0:
		return f.everything(ctx, c)
	case c.dialect.digest != "":
		return f.byDigest(ctx, c)
	}
	return f.byJournal(ctx, c)
}

// everything reads all used rows. What has changed by the time it has done so is found by the next look.
func (f *Follower) everything(ctx context.Context, c conn) error {
	version, err := f.segments.foreignWrites(ctx)
	if err != nil {
		return err
	}
	_, next, _ := f.segments.journal.since(0)
	digests, err := f.idDigests(ctx, c)
	if err != nil {
		return err
	}
	if err := f.read(ctx, c, "WHERE used = true"); err != nil {
		return err
	}
	f.version, f.next, f.digests = version, next, digests
	return nil
}

// unaskedLooks is how many looks in a row may do without knowing whether another process has written.
const unaskedLooks = 5

// byJournal looks at the rows that this process has changed, or at the ids of all if another process has written. While
// this process writes that is not known; what others have written is then found later.
func (f *Follower) byJournal(ctx context.Context, c conn) error {
	version, err := f.segments.foreignWrites(ctx)
	if err != nil {
		return err
	}
	changed, next, all := f.segments.journal.since(f.next)
	switch {
	case all && version == 0 && f.version != 0 && f.unasked < unaskedLooks:
		f.unasked++
		err = f.rows(ctx, c, changed)
	case all && version == f.version && version != 0:
		f.unasked = 0
		err = f.rows(ctx, c, changed)
	default:
		f.unasked = 0
		err = f.ids(ctx, c, "", nil)
	}
	if err != nil {
		return err
	}
	f.next = next
	if version != 0 {
		f.version = version
	}
	return nil
}

// byDigest looks at the ids of the datasources whose digests have changed.
func (f *Follower) byDigest(ctx context.Context, c conn) error {
	digests, err := f.idDigests(ctx, c)
	if err != nil {
		return err
	}
	names := map[string]bool{}
	for name, now := range digests {
		names[name] = f.digests[name] != now
	}
	for name := range f.digests {
		if _, there := digests[name]; !there {
			names[name] = true
		}
	}
	for _, name := range slices.Sorted(maps.Keys(names)) {
		if !names[name] {
			continue
		}
		if err := f.ids(ctx, c, name, []any{name}); err != nil {
			return err
		}
	}
	f.digests = digests
	return f.rows(ctx, c, nil)
}

func (f *Follower) idDigests(ctx context.Context, c conn) (map[string]idDigest, error) {
	all := map[string]idDigest{}
	if c.dialect.digest == "" {
		return all, nil
	}
	return all, each(ctx, c, func(s scan) error {
		var name string
		var d idDigest
		err := s(&name, &d.count, &d.sum)
		all[name] = d
		return err
	}, "SELECT dataSource, COUNT(*), "+c.dialect.digest+" FROM druid_segments WHERE used = true GROUP BY dataSource")
}

// ids looks at the ids of all used rows, or of those of one datasource, and reads the rows that are not known.
func (f *Follower) ids(ctx context.Context, c conn, dataSource string, args []any) error {
	where := "WHERE used = true"
	if dataSource != "" {
		where += " AND dataSource = ?"
	}
	f.look++
	var unknown []string
	err := each(ctx, c, func(s scan) error {
		var id string
		if err := s(&id); err != nil {
			return err
		}
		if row := f.known[f.digest(id)]; row != nil {
			row.seen = f.look
		} else {
			unknown = append(unknown, id)
		}
		return nil
	}, "SELECT id FROM druid_segments "+where, args...)
	if err != nil {
		return err
	}
	for at, row := range f.known {
		if row.seen != f.look && (dataSource == "" || row.segment.DataSource == dataSource) {
			f.found.Gone = append(f.found.Gone, row.segment.ID())
			delete(f.known, at)
		}
	}
	return f.rows(ctx, c, unknown)
}

// rows looks at rows by their ids, and at those that are to be looked at in any case.
func (f *Follower) rows(ctx context.Context, c conn, ids []string) error {
	f.look++
	ids = slices.AppendSeq(ids, maps.Keys(f.again))
	slices.Sort(ids)
	ids = slices.Compact(ids)
	clear(f.again)
	for some := range slices.Chunk(ids, idsAtOnce) {
		args := make([]any, len(some))
		for i, id := range some {
			args[i] = id
		}
		err := f.read(ctx, c, "WHERE used = true AND id IN (?"+strings.Repeat(", ?", len(some)-1)+")", args...)
		if err != nil {
			return err
		}
	}
	for _, id := range ids {
		if row := f.known[f.digest(id)]; row != nil && row.seen != f.look {
			f.found.Gone = append(f.found.Gone, row.segment.ID())
			delete(f.known, f.digest(id))
		}
	}
	return nil
}

// read reads whole rows. One that cannot be read is left out, and tried again at the next look.
func (f *Follower) read(ctx context.Context, c conn, where string, args ...any) error {
	return each(ctx, c, func(s scan) error {
		var id string
		var payload []byte
		if err := s(&id, &payload); err != nil {
			return err
		}
		if row := f.known[f.digest(id)]; row != nil {
			row.seen = f.look
			return nil
		}
		segment := new(druid.DataSegment)
		if err := segment.UnmarshalJSON(payload); err != nil {
			c.ledger.note("druid_segments", id, err)
			f.again[id] = true
			return nil
		}
		c.ledger.strike("druid_segments", id)
		f.known[f.digest(id)] = &following{segment, f.look}
		f.found.Added = append(f.found.Added, segment)
		return nil
	}, selectSegment+where, args...)
}

// writerPatience is how long a look waits for the connection that writes, before it goes by the journal alone.
const writerPatience = 100 * time.Millisecond

// foreignWrites is a number that changes when another process has written to the file, and stays as it is when this
// one does. Only the connection that writes can tell; it is 0 while that is busy.
func (d *database) foreignWrites(ctx context.Context) (int64, error) {
	if d.dialect.digest != "" {
		return 0, nil
	}
	patient, cancel := context.WithTimeout(ctx, writerPatience)
	defer cancel()
	var version int64
	err := d.writer.QueryRowContext(patient, "PRAGMA data_version").Scan(&version)
	if err != nil && patient.Err() != nil && ctx.Err() == nil {
		return 0, nil
	}
	return version, err
}
