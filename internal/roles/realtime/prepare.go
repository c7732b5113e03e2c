package realtime

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strconv"

	"oakmoot/internal/zk/discovery"
)

// prepare restores and announces the sinks of earlier incarnations, and then announces
// a firehose that has an address. It returns what withdraws the firehose.
func (c *chief) prepare(ctx context.Context) (withdraw func(context.Context) error, err error) {
	_, resumes := c.source.(*replay)
	if c.start, err = c.plumber.restore(ctx, resumes); err != nil {
		return nil, err
	}
	r, ok := c.source.(*receiver)
	if !ok {
		return func(context.Context) error { return nil }, nil
	}
	withdraw, err = discovery.AnnounceService(ctx, c.server.zc, c.server.cfg.Paths, c.server.cfg.Self, r.ServiceName, c.server.cfg.Clock.Now())
	if err != nil {
		return nil, fmt.Errorf("announce firehose %s: %w", r.ServiceName, err)
	}
	return withdraw, nil
}

// restore serves and announces the sinks of earlier incarnations:
// RealtimePlumber.startJob. It returns where to resume a firehose that can replay its
// rows.
func (p *plumber) restore(ctx context.Context, resumes bool) (start position, err error) {
	last, known, err := p.lastCommit(resumes)
	if err != nil {
		return position{}, fmt.Errorf("datasource %s: %w", p.schema.DataSource, err)
	}
	var limits map[string]int
	if resumes {
		start, limits = last.Position, last.Hydrants
		if !known {
			limits = map[string]int{}
		}
	}
	if m, ok := p.policy.(*messageTime); ok {
		m.newest = last.Newest
	}
	sinks, err := p.persists.store.restore(limits)
	if err != nil {
		return position{}, fmt.Errorf("datasource %s: %w", p.schema.DataSource, err)
	}
	for _, r := range sinks {
		for _, lost := range r.lost {
			p.log.Error("hydrant cannot be read, set aside", "error", lost)
		}
		if len(r.hydrants) == 0 {
			continue // nothing of the sink is left to serve
		}
		s := p.open(r.interval, r.dir, r.hydrants)
		s.closed = r.pushed
		close(s.announced)
		if err := p.server.segments.Announce(ctx, s.segment); err != nil {
			return position{}, fmt.Errorf("announce restored sink %s: %w", s.segment.ID(), err)
		}
	}
	return start, nil
}

// lastCommit reads the last commit. A damaged one is set aside. If the firehose can
// resume, so is everything the commit covers: the stream is then read from its
// beginning, and no row counts twice.
func (p *plumber) lastCommit(resumes bool) (last commit, known bool, err error) {
	d := p.persists.store
	last, known, err = d.readCommit()
	var damaged *damagedCommit
	if !errors.As(err, &damaged) {
		return last, known, err
	}
	aside := damaged.path
	if resumes {
		aside = d.root()
	}
	p.log.Error("commit cannot be read, set aside; the stream starts over", "path", damaged.path, "error", damaged.err, "aside", aside)
	return commit{}, false, d.setAside(aside)
}

// persistDir is where a department keeps its sinks: its basePersistDirectory, or
// one of the node's for each partition.
func (s *server) persistDir(d *department) string {
	if d.tuning.baseDir != "" {
		return d.tuning.baseDir
	}
	return filepath.Join(s.cfg.Dir, "persist", strconv.Itoa(d.tuning.shardSpec.PartitionNum))
}
