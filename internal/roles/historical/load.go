package historical

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"

	"oakmoot/internal/druid"
	"oakmoot/internal/rows/segment"
)

// beginLoad takes the segment off the delete list and finds its place in the cache:
// SegmentLoadDropHandler.addSegment. A segment that is already loaded is only announced again.
func (h *handler) beginLoad(r request) job {
	id := r.Segment.ID()
	h.dropping.remove(id)
	if s, ok := h.loaded[id]; ok {
		return func(ctx context.Context) func() {
			h.announceAgain(ctx, r, s)
			return nil
		}
	}
	to, err := h.berthOf(r)
	if err != nil {
		return func(ctx context.Context) func() {
			h.failed(ctx, r, err)
			return nil
		}
	}
	return func(ctx context.Context) func() { return h.load(ctx, r, to) }
}

// berth is where a segment is loaded from, or to.
type berth struct {
	dir  string // "" for a generated segment
	pull bool   // the files are still to come
	more bool   // another location is left to try
}

func (h *handler) berthOf(r request) (to berth, err error) {
	dir, found, err := h.cache.find(r.Segment)
	if err != nil || found {
		return berth{dir: dir}, err
	}
	to.pull = true
	to.dir, err = h.cache.allot(r.Segment, r.failed)
	to.more = h.cache.elsewhere(r.Segment, r.failed)
	return to, err
}

// open reads a segment's rows. One without a directory has none.
func (h *handler) open(s druid.DataSegment, dir string) (*segment.Segment, error) {
	if dir == "" {
		return segment.New(s.Interval, nil, nil, nil, nil)
	}
	return segment.Open(h.cfg.Disk, dir)
}

func (h *handler) announceAgain(ctx context.Context, r request, s druid.DataSegment) {
	if err := h.segments.Announce(ctx, s); err != nil {
		h.failed(ctx, r, err)
		return
	}
	h.acknowledge(ctx, r)
}

// load brings the segment's files to the berth, serves and announces the segment, and
// only then deletes the entry: a coordinator that moves the segment looks for the
// announcement when the entry is gone. A location into which the files cannot be brought
// is left for the next: SegmentLoaderLocalCacheManager.loadSegmentWithRetry.
func (h *handler) load(ctx context.Context, r request, to berth) (last func()) {
	err := h.pull(ctx, r.Segment, to)
	if err != nil && to.more && ctx.Err() == nil {
		h.log.Error("Failed to load segment in current location, try next location if any", "path", to.dir, "segment", r.Segment.ID().String(), "error", err)
		return func() { h.tryNext(r) }
	}
	var rows *segment.Segment
	if err == nil {
		rows, err = h.open(r.Segment, to.dir)
	}
	if err == nil {
		err = h.cache.note(r.Segment)
	}
	if err == nil {
		h.served.Add(r.Segment, table{rows})
		err = h.segments.Announce(ctx, r.Segment)
	}
	if ctx.Err() != nil {
		return nil // the node is leaving; entry and files are for its next incarnation
	}
	if err != nil {
		h.served.Remove(r.Segment)
		h.failed(ctx, r, err)
		return func() { h.forget(r.Segment) }
	}
	h.log.Info("segment loaded", "segment", r.Segment.ID().String(), "bytes", r.Segment.Size)
	h.acknowledge(ctx, r)
	if plantedLosesFiles {
		_ = h.cfg.Disk.RemoveAll(to.dir)
	}
	return func() { h.loaded[r.Segment.ID()] = r.Segment }
}

// pull brings the files to the berth, unless they are there.
func (h *handler) pull(ctx context.Context, s druid.DataSegment, to berth) error {
	if !to.pull {
		return nil
	}
	if err := h.cfg.DeepStorage.Pull(ctx, s.LoadSpec, to.dir); err != nil {
		return err
	}
	if err := h.cfg.Disk.Remove(filepath.Join(to.dir, downloadMarker)); err != nil {
		return fmt.Errorf("Unable to remove marker for [%s]: %w", to.dir, err)
	}
	return nil
}

// tryNext has a load begin again in another location.
func (h *handler) tryNext(r request) {
	r.failed = append(slices.Clone(r.failed), h.cache.placed[r.Segment.ID()].in)
	h.forget(r.Segment)
	h.queue = slices.Insert(h.queue, 0, r)
}

// failed logs why a request could not be carried out, and deletes it all the same.
func (h *handler) failed(ctx context.Context, r request, err error) {
	if ctx.Err() != nil {
		return
	}
	h.log.Error("segment not loaded", "path", r.path, "segment", r.Segment.ID().String(), "error", err)
	h.acknowledge(ctx, r)
}

// forget removes what a failed load left behind.
func (h *handler) forget(s druid.DataSegment) {
	if err := h.cache.remove(s); err != nil {
		h.log.Error("files of a failed load not deleted", "segment", s.ID().String(), "error", err)
	}
}
