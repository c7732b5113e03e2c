package realtime

import (
	"context"
	"fmt"
	"path/filepath"
	"strconv"

	"oakmoot/internal/discovery"
)

// prepare restores and announces the sinks of earlier incarnations, and then
// announces a firehose that has an address. It returns what withdraws that again.
func (c *chief) prepare(ctx context.Context) (withdraw func(context.Context) error, err error) {
	var limits map[string]int
	last, known, err := c.disk.readCommit()
	if err != nil {
		return nil, fmt.Errorf("datasource %s: %w", c.schema.DataSource, err)
	}
	if _, resumes := c.source.(*replay); resumes {
		c.start, limits = last.Position, last.Hydrants
		if !known {
			limits = map[string]int{}
		}
	}
	if p, ok := c.policy.(*messageTime); ok {
		p.newest = last.Newest
	}
	sinks, err := c.disk.restore(limits)
	if err != nil {
		return nil, fmt.Errorf("datasource %s: %w", c.schema.DataSource, err)
	}
	for _, r := range sinks {
		for _, lost := range r.lost {
			c.log.Error("hydrant cannot be read, set aside", "error", lost)
		}
		s := c.open(r.interval, r.dir, r.hydrants)
		s.closed = r.pushed
		close(s.announced)
		if err := c.server.segments.Announce(ctx, s.segment); err != nil {
			return nil, fmt.Errorf("announce restored sink %s: %w", s.segment.ID(), err)
		}
	}
	r, ok := c.source.(*receiver)
	if !ok {
		return func(context.Context) error { return nil }, nil
	}
	withdraw, err = discovery.AnnounceService(ctx, c.server.zc, c.server.cfg.Paths, c.server.cfg.Self, r.ServiceName)
	if err != nil {
		return nil, fmt.Errorf("announce firehose %s: %w", r.ServiceName, err)
	}
	return withdraw, nil
}

// persistDir is where a department keeps its sinks: its basePersistDirectory, or
// one of the node's for each partition.
func (s *server) persistDir(d *department) string {
	if d.tuning.baseDir != "" {
		return d.tuning.baseDir
	}
	return filepath.Join(s.cfg.Dir, "persist", strconv.Itoa(d.tuning.shardSpec.PartitionNum))
}
