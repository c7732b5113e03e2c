package peon

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"oakmoot/internal/druid"
	"oakmoot/internal/run/deepstore"
)

// pushedTogether is how many segments are made durable at the same time: a disk does that
// for several files as fast as for one.
const pushedTogether = 32

// upload is a segment on its way into deep storage, or why it is not.
type upload struct {
	sink *sink
	finished
	begun *deepstore.Upload
	err   error
}

// pushSome pushes some sinks' segments. All of them are written in order, then made durable together,
// and then put in their places in order.
func (b *builder) pushSome(ctx context.Context, sinks []*sink) error {
	var uploads []*upload
	defer func() {
		for _, up := range uploads {
			if up.begun != nil {
				_ = up.begun.Discard() // the error that ended the task says more
			}
		}
	}()
	for _, s := range sinks {
		uploads = append(uploads, &upload{sink: s})
	}
	if err := b.prepareAll(ctx, uploads); err != nil {
		return err
	}
	var syncing sync.WaitGroup
	for _, up := range uploads {
		if up.begun != nil && len(uploads) > 1 {
			syncing.Go(func() { _ = up.begun.Sync() }) // Commit returns its error
		}
	}
	syncing.Wait()
	for _, up := range uploads {
		if err := b.place(ctx, up); err != nil {
			return err
		}
	}
	return nil
}

// prepareAll merges the segments and begins to push them: a few one after another, so that what happens to them does
// not depend on the processors, and many on all processors.
func (b *builder) prepareAll(ctx context.Context, uploads []*upload) error {
	workers := 1
	if len(uploads) == pushedTogether {
		workers = runtime.GOMAXPROCS(0)
	}
	errs := make([]error, len(uploads))
	var next atomic.Int64
	var working sync.WaitGroup
	for range workers {
		working.Go(func() {
			for i := next.Add(1) - 1; i < int64(len(uploads)); i = next.Add(1) - 1 {
				if errs[i] = b.prepare(ctx, uploads[i]); errs[i] != nil {
					return
				}
			}
		})
	}
	working.Wait()
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// prepare merges one segment and begins to push it. Only a failed merge is an error: a push is tried again.
func (b *builder) prepare(ctx context.Context, up *upload) (err error) {
	if err := ctx.Err(); err != nil {
		return err
	}
	if up.finished, err = up.sink.merge(b.x.schema, b.x.indexSpec); err == nil {
		up.begun, up.err = b.begin(ctx, up.finished)
	}
	return err
}

// begin begins to push a segment.
func (b *builder) begin(ctx context.Context, f finished) (*deepstore.Upload, error) {
	return b.x.peon.DeepStorage.Begin(ctx, f.source(b.x.peon.DeepStorage), f.described, false)
}

// source is where deep storage reads the segment.
func (f finished) source(l *deepstore.Local) deepstore.Source {
	if f.files == nil {
		return l.Directory(f.dir)
	}
	files := make([]deepstore.File, len(f.files))
	for i, file := range f.files {
		files[i] = deepstore.File(file)
	}
	slices.SortFunc(files, func(a, b deepstore.File) int { return strings.Compare(a.Name, b.Name) })
	return deepstore.FilesOf(f.dir, files)
}

// place puts a pushed segment in its place and forgets its sink.
func (b *builder) place(ctx context.Context, up *upload) error {
	segment, err := b.store(ctx, up)
	if err != nil {
		return err
	}
	b.x.peon.Log.Info("pushed segment", "segment", segment.ID(), "bytes", segment.Size)
	b.pushed = append(b.pushed, segment)
	b.total -= int64(up.sink.rows)
	up.sink.index = nil // its rows are not needed any more
	return b.x.peon.Disk.RemoveAll(up.sink.dir)
}

// pushTries is how often a push to deep storage is tried: AppenderatorImpl.mergeAndPush.
const pushTries = 5

// store ends a push that has begun. After a failure it waits twice as long as before, from a
// second on, and begins again: RetryUtils, whose pauses also vary at random.
func (b *builder) store(ctx context.Context, up *upload) (segment druid.DataSegment, err error) {
	pause := time.Second
	for try := 1; ; try++ {
		begun := up.begun
		if up.begun = nil; begun != nil {
			segment, up.err = begun.Commit()
		}
		if up.err == nil || try == pushTries || ctx.Err() != nil {
			return segment, up.err
		}
		b.x.peon.Log.Warn(fmt.Sprintf("Failed on try %d, retrying in %dms.", try, pause.Milliseconds()), "error", up.err)
		if b.x.peon.Clock.Sleep(ctx, pause) != nil {
			return segment, up.err
		}
		pause *= 2
		up.begun, up.err = b.begin(ctx, up.finished)
	}
}
