package realtime

import (
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"oakmoot/internal/druid"
	"oakmoot/internal/rows/ingest"
	"oakmoot/internal/run/clock"
	"oakmoot/internal/run/disk"
	"oakmoot/internal/run/node"
)

// replay reads a file at a given rate, as if its rows were arriving. It is not one of
// Druid's firehoses.
type replay struct {
	File   string  `json:"file"`   // in the parser's format; .gz is unzipped
	Rate   float64 `json:"rate"`   // rows a second; 0 means as fast as they are taken
	Shift  string  `json:"shift"`  // see shifts
	Repeat bool    `json:"repeat"` // starts again at the end

	parser *ingest.Parser
	disk   disk.Disk
	clock  *clock.Clock
}

// shifts are what may happen to the times of rows.
var shifts = []string{
	"",        // nothing
	"now",     // all are shifted so that the first has the time of the start
	"arrival", // each has the time at which it is passed on
}

// maxBatch is the most rows passed on at once.
const maxBatch = 1000

func newReplay(raw json.RawMessage, d *department, env node.Env) (firehose, error) {
	r := &replay{disk: env.Disk, clock: env.Clock}
	if err := json.Unmarshal(raw, r); err != nil {
		return nil, err
	}
	if r.File == "" || r.Rate < 0 || !slices.Contains(shifts, r.Shift) {
		return nil, errors.New(`it needs a file, a rate that is not negative, and as shift "now", "arrival" or nothing`)
	}
	if r.Repeat && r.Rate == 0 {
		return nil, errors.New("it needs a rate to be repeated")
	}
	var err error
	r.parser, err = d.schema.NewParser()
	return r, err
}

// run passes the file on, again and again if it is to be repeated. A file without a record is not.
func (r *replay) run(ctx context.Context, from position, out chan<- batch) error {
	s := &replaying{replay: r, out: out, at: from, started: r.clock.Steady()}
	for {
		if err := s.pass(ctx); err != nil || !r.Repeat || s.at.Records == 0 {
			return err
		}
		s.at = position{}
	}
}

// pass reads the file once, from the position on.
func (s *replaying) pass(ctx context.Context) error {
	f, err := disk.Open(s.disk, s.File)
	if err != nil {
		return err
	}
	defer f.Close()
	var in io.Reader = f
	if strings.HasSuffix(s.File, ".gz") {
		if in, err = gzip.NewReader(f); err != nil {
			return fmt.Errorf("read %s: %w", s.File, err)
		}
	}
	s.skip = s.at.Records
	if err := s.parser.Read(ctx, in, func(row ingest.Row, err error) error { return s.take(ctx, row, err) }); err != nil {
		return fmt.Errorf("read %s: %w", s.File, err)
	}
	return s.flush(ctx)
}

// replaying is the passes over the file.
type replaying struct {
	*replay
	out     chan<- batch
	at      position
	skip    int64 // records that an earlier pass has passed on
	sent    int64
	started time.Time
	next    batch
}

// take adds a record to the next batch, which is sent when the record after it is not
// due yet.
func (s *replaying) take(ctx context.Context, row ingest.Row, bad error) error {
	if errors.Is(bad, ingest.ErrHeader) {
		return nil
	}
	if s.skip > 0 {
		s.skip--
		return nil
	}
	if wait := s.due().Sub(s.clock.Steady()); wait > 0 || len(s.next.rows) >= maxBatch {
		if err := s.flush(ctx); err != nil {
			return err
		}
		if err := s.clock.Sleep(ctx, wait); err != nil {
			return err
		}
	}
	s.sent++
	s.at.Records++
	if bad == nil {
		row.Time = s.timeOf(row)
	}
	s.next.add(row, bad)
	return nil
}

// due is when the next record is to be passed on.
func (s *replaying) due() time.Time {
	if s.Rate == 0 {
		return s.started
	}
	return s.started.Add(time.Duration(float64(s.sent) / s.Rate * float64(time.Second)))
}

// timeOf is the time that a row is passed on with.
func (s *replaying) timeOf(row ingest.Row) druid.Timestamp {
	now := druid.At(s.clock.Now())
	if s.Shift == "arrival" {
		return now
	}
	if s.Shift == "now" && !s.at.Shifted {
		s.at.ShiftMillis, s.at.Shifted = int64(now-row.Time), true
	}
	return row.Time + druid.Timestamp(s.at.ShiftMillis)
}

func (s *replaying) flush(ctx context.Context) error {
	if s.next.empty() {
		return nil
	}
	at := s.at
	s.next.at = &at
	select {
	case s.out <- s.next:
		s.next = batch{}
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
