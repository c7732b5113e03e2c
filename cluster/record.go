package cluster

import (
	"context"
	"encoding/json"
	"fmt"
	"os"

	"github.com/hashicorp/go-hclog"

	"oakmoot/internal/druid"
	"oakmoot/internal/stage/history"
	"oakmoot/internal/stage/observe"
	stagetrace "oakmoot/internal/stage/trace"
)

// recorder feeds the model with ZooKeeper's changes, writes each as a step into the
// record, and keeps the steps for the report and for those who look back.
type recorder struct {
	observer *observer
	trace    *trace
	path     string                    // of the record; "" is none
	header   func() (TraceStep, error) // its first line
	kept     *kept
	past     *history.History // nil unless somebody may look back
	log      hclog.Logger

	transaction []stagetrace.Step // those of its steps that have come
	unpacker    druid.Unpacker
}

// run goes on until ctx ends.
func (r *recorder) run(ctx context.Context) error {
	if r.trace.server == nil {
		return r.observer.feed.follow(ctx, r.observer, nil)
	}
	file, err := r.open()
	if err != nil {
		return err
	}
	defer file.close()
	acts := merge{told: r.trace.told, notes: file != nil}
	err = r.observer.feed.follow(ctx, r.observer, func(change observe.Change, gap error) error {
		if gap != nil {
			r.log.Warn("trace has a gap", "error", gap)
			r.transaction = nil
			err := r.take(file, acts.rest())
			if zxid, back := wentBack(gap); back {
				r.trace.told.back(zxid)
			}
			return err
		}
		r.trace.told.at(change.Zxid)
		if change.Op == "" {
			return nil
		}
		if r.past == nil && file == nil && r.kept == nil {
			return nil
		}
		content := r.unpacker.Unpack(change.Packed())
		event := observe.TellWith(r.observer.paths, change, content)
		if r.past != nil {
			r.lookBack(change, event, content)
		}
		if file == nil && r.kept == nil {
			return nil
		}
		if err := r.take(file, acts.upTo(change.Zxid-1)); err != nil {
			return err
		}
		step := r.trace.named(event, change.Session)
		r.kept.add(step)
		if step.Payload != "" && file != nil {
			step.Payload = observe.Text(content) // whoever judges the record has nothing else
		}
		return file.write(step)
	})
	if rest := r.take(file, acts.rest()); err == nil {
		err = rest
	}
	return err
}

// lookBack adds a transaction, of which this is a change, what it says and its content, to the history once all of it
// has come.
func (r *recorder) lookBack(change observe.Change, event observe.Event, content []byte) {
	event.Node = r.observer.known(change.Session)
	payload := event.Payload
	if change.Op != observe.OpDelete && len(payload) >= observe.PayloadLimit {
		payload = observe.Text(content)
	}
	r.transaction = append(r.transaction, heldStep(event, payload))
	if !change.More {
		r.past.Add(r.transaction...)
		r.transaction = nil
	}
}

// take writes and keeps what happened between transactions.
func (r *recorder) take(file *recordFile, acts []TraceStep) error {
	for _, act := range acts {
		if !isNote(act) {
			r.kept.add(act)
		}
		if err := file.write(act); err != nil {
			return err
		}
	}
	return nil
}

// open opens the record, and writes what a reader has to know of the run; without a
// record nothing is written.
func (r *recorder) open() (*recordFile, error) {
	if r.path == "" {
		return nil, nil
	}
	f, err := os.Create(r.path)
	if err != nil {
		return nil, &unavailable{fmt.Errorf("record: %w", err)}
	}
	file := &recordFile{f, json.NewEncoder(f)}
	file.enc.SetEscapeHTML(false)
	header, err := r.header()
	if err == nil {
		err = file.write(header)
	}
	if err != nil {
		file.close()
		return nil, err
	}
	return file, nil
}

// recordFile is a record being written; a nil one takes everything and writes nothing.
type recordFile struct {
	file *os.File
	enc  *json.Encoder
}

func (f *recordFile) write(step TraceStep) error {
	if f == nil {
		return nil
	}
	if err := f.enc.Encode(step); err != nil {
		return fmt.Errorf("record: %w", err)
	}
	return nil
}

func (f *recordFile) close() {
	if f != nil {
		_ = f.file.Close() // every line has been written
	}
}
