package historical

import (
	"context"
	"time"
)

// beginDrop unannounces the segment at once and puts it on the delete list: SegmentLoadDropHandler.removeSegment.
// Queries that a broker has already sent still find it until its files are deleted.
func (h *handler) beginDrop(r request) job {
	id := r.Segment.ID()
	if _, ok := h.loaded[id]; ok {
		h.dropping.add(id)
	}
	return func(ctx context.Context) func() {
		if err := h.segments.Unannounce(ctx, r.Segment); err != nil && ctx.Err() == nil {
			h.log.Error("segment not unannounced", "path", r.path, "segment", id.String(), "error", err)
		}
		h.acknowledge(ctx, r)
		return nil
	}
}

// dropDue deletes the segments whose delay is over.
func (h *handler) dropDue(now time.Time) {
	for _, id := range h.dropping.take(now) {
		s := h.loaded[id]
		delete(h.loaded, id)
		h.served.Remove(s)
		if err := h.cache.remove(s); err != nil {
			h.log.Error("files of a dropped segment not deleted", "segment", id.String(), "error", err)
			continue
		}
		h.log.Info("segment dropped", "segment", id.String())
	}
}
