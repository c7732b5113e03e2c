package cluster

import (
	"context"
	"encoding/json"
	"fmt"
	"os"

	"oakmoot/internal/stage/observe"
)

// watchChanges feeds the model with ZooKeeper's changes, writes the record, and keeps
// the steps for the report, until ctx ends.
func (c *Cluster) watchChanges(ctx context.Context) error {
	if c.zk == nil {
		return c.observer.feed.follow(ctx, c.observer, nil)
	}
	rec, err := c.openRecord()
	if err != nil {
		return err
	}
	acts := merge{told: c.told}
	err = c.observer.feed.follow(ctx, c.observer, func(change observe.Change, gap error) error {
		if gap != nil {
			c.log.Warn("trace has a gap", "error", gap)
			return nil
		}
		c.told.at(change.Zxid)
		if change.Op == "" || rec == nil && c.kept == nil {
			return nil
		}
		for _, act := range acts.upTo(change.Zxid - 1) {
			c.kept.add(act)
			if err := rec.write(act); err != nil {
				return err
			}
		}
		step := c.step(change)
		c.kept.add(step)
		return rec.writeWhole(step, change)
	})
	for _, act := range acts.rest() {
		c.kept.add(act)
		if err == nil {
			err = rec.write(act)
		}
	}
	rec.close()
	return err
}

// recorder writes the file of --record; a nil one takes everything and writes nothing.
type recorder struct {
	file *os.File
	enc  *json.Encoder
}

// openRecord opens the file of --record, and writes what a reader has to know of the run;
// without one nothing is recorded.
func (c *Cluster) openRecord() (*recorder, error) {
	if c.opts.record == "" {
		return nil, nil
	}
	f, err := os.Create(c.opts.record)
	if err != nil {
		return nil, &unavailable{fmt.Errorf("record: %w", err)}
	}
	r := &recorder{f, json.NewEncoder(f)}
	r.enc.SetEscapeHTML(false)
	header, err := c.header()
	if err == nil {
		err = r.write(header)
	}
	if err != nil {
		r.close()
		return nil, err
	}
	return r, nil
}

func (r *recorder) write(step TraceStep) error {
	if r == nil {
		return nil
	}
	if err := r.enc.Encode(step); err != nil {
		return fmt.Errorf("record: %w", err)
	}
	return nil
}

// writeWhole writes a change with the znode's whole content: whoever judges the record
// has nothing else.
func (r *recorder) writeWhole(step TraceStep, change observe.Change) error {
	if r == nil {
		return nil
	}
	if step.Payload != "" {
		step.Payload = change.Text()
	}
	return r.write(step)
}

func (r *recorder) close() {
	if r != nil {
		_ = r.file.Close() // every line has been written
	}
}
