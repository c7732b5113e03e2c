package realtime

import (
	"context"
	"errors"
	"path/filepath"
	"time"
)

// persistAll writes the rows that are in memory, of all sinks, so that the
// firehose's position and the hydrants on the disk agree. One at a time.
func (c *chief) persistAll(ctx context.Context) {
	if c.persisting || c.holding || ctx.Err() != nil {
		return
	}
	c.nextFlush = time.Now().Add(c.tuning.persistPeriod)
	todo, after := c.freezeAll()
	if len(todo) == 0 && after == nil {
		return
	}
	c.persisting = true
	c.help(func() (last func()) {
		err := c.write(todo, after)
		return func() {
			c.persisting = false
			c.saved(todo, err)
		}
	})
}

// frozen is a hydrant that is to be written, and where.
type frozen struct {
	*hydrant
	dir string
}

// freezeAll ends all hydrants that take rows, and says what the commit behind
// them is to be; nil when the firehose has no position.
func (c *chief) freezeAll() ([]frozen, *commit) {
	var todo []frozen
	counts := make(map[string]int)
	for _, s := range c.sinks {
		counts[filepath.Base(s.dir)] = s.saved()
		for _, h := range s.freeze() {
			todo = append(todo, frozen{h, s.dir})
			counts[filepath.Base(s.dir)] = h.number + 1
		}
	}
	if c.at == nil {
		return todo, nil
	}
	after := &commit{Position: *c.at, Hydrants: counts}
	if p, ok := c.policy.(*messageTime); ok {
		after.Newest = p.newest
	}
	return todo, after
}

func (c *chief) write(todo []frozen, after *commit) error {
	for _, f := range todo {
		if err := persist(f.hydrant, f.dir, c.tuning.indexSpec); err != nil {
			return err
		}
	}
	if after == nil {
		return nil
	}
	return c.disk.writeCommit(*after)
}

// saved takes in the end of a persist. After a failure the hydrants stay in
// memory, and the next persist writes them again.
func (c *chief) saved(todo []frozen, err error) {
	if err != nil {
		c.log.Error("rows not persisted, it will be tried again", "error", err)
		c.holding = true
		c.retry.Reset(retryPause)
		return
	}
	for _, f := range todo {
		f.onDisk = true
	}
	if len(todo) > 0 {
		c.log.Info("rows persisted", "hydrants", len(todo),
			"processed", c.counts.processed, "unparseable", c.counts.unparseable, "thrownAway", c.counts.thrownAway)
		c.counts = counts{}
	}
}

// saveNow writes what is in memory when no helper runs any more. Druid does not,
// and loses it.
func (c *chief) saveNow() error {
	if c.persisting {
		return errors.New("a persist was under way")
	}
	todo, after := c.freezeAll()
	return c.write(todo, after)
}
