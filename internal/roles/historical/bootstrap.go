package historical

import (
	"context"
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"
	"sync"

	"oakmoot/internal/druid"
	"oakmoot/internal/rows/query"
	"oakmoot/internal/rows/segment"
	"oakmoot/internal/run/disk"
)

// table is a segment in memory, as a dataserver.Source.
type table struct{ rows *segment.Segment }

func (t table) Tables() ([]query.Queryable, error) { return []query.Queryable{t.rows}, nil }

// bootstrap loads what the cache holds and announces it in one go, even if that is nothing:
// SegmentLoadDropHandler.loadLocalCache. A segment that cannot be loaded is dropped from the cache, and startup
// continues.
func (h *handler) bootstrap(ctx context.Context) error {
	cached, err := h.cachedSegments()
	if err != nil {
		return err
	}
	loaded := h.openAll(ctx, cached)
	if err := ctx.Err(); err != nil {
		return err
	}
	var all []druid.DataSegment
	for i, c := range cached {
		if loaded[i].err != nil {
			h.log.Error("cached segment dropped", "segment", c.segment.ID().String(), "path", c.dir, "error", loaded[i].err)
			if err := h.cache.remove(c.segment); err != nil {
				h.log.Error("cached segment not deleted", "segment", c.segment.ID().String(), "error", err)
			}
			continue
		}
		h.loaded[c.segment.ID()] = c.segment
		h.served.Add(c.segment, table{loaded[i].rows})
		all = append(all, c.segment)
	}
	h.log.Info("segment cache loaded", "segments", len(all), "bytes", h.cache.used())
	return h.segments.AnnounceAll(ctx, all...)
}

// cached is a segment of the info directory and where its files are.
type cached struct {
	segment druid.DataSegment
	dir     string
	there   bool
}

// cachedSegments reads the info directory. It deletes a file whose segment is not on the disk, and leaves alone one
// that does not hold the segment it is named after.
func (h *handler) cachedSegments() ([]cached, error) {
	entries, err := h.cfg.Disk.ReadDir(h.cache.infoDir)
	if err != nil {
		return nil, fmt.Errorf("read segment cache: %w", err)
	}
	var all []cached
	for _, e := range entries {
		file := filepath.Join(h.cache.infoDir, e.Name())
		if strings.HasSuffix(file, ".tmp") {
			_ = h.cfg.Disk.Remove(file) // an interrupted write of an earlier version; nothing in it is worth keeping
			continue
		}
		one, err := h.readInfo(file)
		switch {
		case err != nil:
			h.log.Error("info file ignored", "path", file, "error", err)
		case !one.there:
			h.log.Warn("info file deleted, its segment is not in the cache", "path", file)
			if err := h.cfg.Disk.Remove(file); err != nil {
				h.log.Error("info file not deleted", "path", file, "error", err)
			}
		default:
			all = append(all, one)
		}
	}
	return all, nil
}

func (h *handler) readInfo(file string) (cached, error) {
	data, err := disk.ReadFile(h.cfg.Disk, file)
	if err != nil {
		return cached{}, err
	}
	var one cached
	if err := json.Unmarshal(data, &one.segment); err != nil {
		return cached{}, err
	}
	if id := one.segment.ID().String(); id != filepath.Base(file) {
		return cached{}, fmt.Errorf("it holds segment %s", id)
	}
	one.dir, one.there, err = h.cache.find(one.segment)
	return one, err
}

type opened struct {
	rows *segment.Segment
	err  error
}

// openAll opens segments, druid.segmentCache.numBootstrapThreads at a time.
func (h *handler) openAll(ctx context.Context, all []cached) []opened {
	threads := h.cfg.Props.Int("druid.segmentCache.numBootstrapThreads", h.cfg.Props.Int("druid.segmentCache.numLoadingThreads", 10))
	results := make([]opened, len(all))
	turns := make(chan struct{}, max(1, threads))
	var wait sync.WaitGroup
	for i, c := range all {
		turns <- struct{}{}
		wait.Go(func() {
			defer func() { <-turns }()
			if results[i].err = ctx.Err(); results[i].err == nil {
				results[i].rows, results[i].err = h.open(c.segment, c.dir)
			}
		})
	}
	wait.Wait()
	return results
}
