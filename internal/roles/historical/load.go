package historical

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

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
	dir, err := h.cache.find(r.Segment)
	pull := err == nil && dir == ""
	if pull {
		dir, err = h.cache.allot(r.Segment)
	}
	if err != nil {
		return func(ctx context.Context) func() {
			h.failed(ctx, r, err)
			return nil
		}
	}
	return func(ctx context.Context) func() { return h.load(ctx, r, dir, pull) }
}

func (h *handler) announceAgain(ctx context.Context, r request, s druid.DataSegment) {
	if err := h.segments.Announce(ctx, s); err != nil {
		h.failed(ctx, r, err)
		return
	}
	h.acknowledge(ctx, r)
}

// load brings the segment's files to dir, serves and announces the segment, and only then deletes the entry: a
// coordinator that moves the segment looks for the announcement once the entry is gone.
func (h *handler) load(ctx context.Context, r request, dir string, pull bool) (last func()) {
	rows, err := h.fetch(ctx, r.Segment, dir, pull)
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
		_ = os.RemoveAll(dir)
	}
	return func() { h.loaded[r.Segment.ID()] = r.Segment }
}

func (h *handler) fetch(ctx context.Context, s druid.DataSegment, dir string, pull bool) (*segment.Segment, error) {
	if pull {
		if err := h.cfg.DeepStorage.Pull(ctx, s.LoadSpec, dir); err != nil {
			return nil, err
		}
		if err := os.Remove(filepath.Join(dir, downloadMarker)); err != nil {
			return nil, fmt.Errorf("Unable to remove marker for [%s]: %w", dir, err)
		}
	}
	return segment.Open(dir)
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
