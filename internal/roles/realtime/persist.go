package realtime

import (
	"context"
	"errors"
	"path/filepath"
	"time"

	"oakmoot/internal/rows/segment"
)

// persists is how the rows in memory get to disk, one persist at a time.
type persists struct {
	store     sinkStore
	indexSpec segment.IndexSpec
	at        *position // after the rows in the sinks; nil for a firehose without positions
	underWay  bool
	holding   bool      // one has failed; the next waits for the retry
	next      time.Time // fires after intermediatePersistPeriod
}

// idle reports whether a persist may begin.
func (p *persists) idle() bool { return !p.underWay && !p.holding }

// frozen is a hydrant to be written, and where.
type frozen struct {
	*hydrant
	dir string
}

// write writes hydrants to disk, and then the commit that counts them, if there is one.
func (p *persists) write(todo []frozen, after *commit) error {
	for _, f := range todo {
		if err := p.store.persist(f.hydrant, f.dir, p.indexSpec); err != nil {
			return err
		}
	}
	if after == nil {
		return nil
	}
	return p.store.writeCommit(*after)
}

// persistAll writes the rows in memory of all sinks, so that the firehose's position
// and the hydrants on disk agree.
func (p *plumber) persistAll(ctx context.Context) {
	if !p.persists.idle() || ctx.Err() != nil {
		return
	}
	p.persists.next = p.loop.Clock.Now().Add(p.tuning.persistPeriod)
	todo, after := p.freezeAll()
	if len(todo) == 0 && after == nil {
		return
	}
	p.persists.underWay = true
	p.loop.Async(func() (last func()) {
		err := p.persists.write(todo, after)
		return func() {
			p.persists.underWay = false
			p.saved(todo, err)
		}
	})
}

// freezeAll ends all hydrants that take rows, and returns the commit to follow them;
// nil when the firehose has no position.
func (p *plumber) freezeAll() ([]frozen, *commit) {
	var todo []frozen
	counts := make(map[string]int)
	for _, s := range p.sinks {
		counts[filepath.Base(s.dir)] = s.saved()
		for _, h := range s.freeze() {
			todo = append(todo, frozen{h, s.dir})
			counts[filepath.Base(s.dir)] = h.number + 1
		}
	}
	if p.persists.at == nil {
		return todo, nil
	}
	after := &commit{Position: *p.persists.at, Hydrants: counts}
	if m, ok := p.policy.(*messageTime); ok {
		after.Newest = m.newest
	}
	return todo, after
}

// saved handles the end of a persist. After a failure the hydrants stay in memory, and
// the next persist writes them again.
func (p *plumber) saved(todo []frozen, err error) {
	if err != nil {
		p.log.Error("rows not persisted, will be tried again", "error", err)
		p.persists.holding = true
		p.retry.Reset(retryPause)
		return
	}
	for _, f := range todo {
		f.onDisk = true
	}
	if len(todo) > 0 {
		n := p.metrics.take()
		p.log.Debug("rows persisted", "hydrants", len(todo),
			"processed", n.processed, "unparseable", n.unparseable, "thrownAway", n.thrownAway)
	}
}

// saveNow writes what is in memory once nothing runs beside the loop any more. Druid
// does not, and loses it.
func (p *plumber) saveNow() error {
	if p.persists.underWay {
		return errors.New("a persist was under way")
	}
	todo, after := p.freezeAll()
	return p.persists.write(todo, after)
}
