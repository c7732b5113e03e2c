package historical

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strconv"

	"oakmoot/internal/druid"
	"oakmoot/internal/run/deepstore"
	"oakmoot/internal/run/disk"
)

// downloadMarker lies in a segment's directory while its files are being fetched: SegmentLoaderLocalCacheManager.
const downloadMarker = "downloadStartMarker"

// location is a directory for segments on the disk: StorageLocation.
type location struct {
	Path    string `json:"path"`
	MaxSize *int64 `json:"maxSize"` // bytes; nil means no limit

	used int64
}

func (l *location) available() int64 {
	if l.MaxSize == nil {
		return 1<<63 - 1 - l.used
	}
	return *l.MaxSize - l.used
}

// cache is the segment cache: its locations, the directory that lists what it should hold, and how full it is. Sizes
// are those that the segments state, as in Druid, not those of the files.
type cache struct {
	disk           disk.Disk
	locations      []*location
	infoDir        string
	deleteOnRemove bool
	placed         map[druid.SegmentID]place
}

// place is where a segment takes up room.
type place struct {
	in    *location // nil for a segment that is not in the cache
	files bool      // which a generated segment has not
}

// openCache opens the cache that druid.segmentCache.locations names, or else one in the node's directory with the
// server's size.
func openCache(cfg Config) (*cache, error) {
	c := &cache{disk: cfg.Disk, placed: make(map[druid.SegmentID]place), deleteOnRemove: cfg.Props.Bool("druid.segmentCache.deleteOnRemove", true)}
	if raw := cfg.Props.String("druid.segmentCache.locations", ""); raw != "" {
		if err := json.Unmarshal([]byte(raw), &c.locations); err != nil {
			return nil, fmt.Errorf("druid.segmentCache.locations: %w", err)
		}
	}
	if len(c.locations) == 0 {
		c.locations = []*location{{Path: filepath.Join(cfg.Dir, "segment-cache"), MaxSize: &cfg.Server.MaxSize}}
	}
	c.infoDir = cfg.Props.String("druid.segmentCache.infoDir", filepath.Join(c.locations[0].Path, "info_dir"))
	slices.SortStableFunc(c.locations, func(a, b *location) int { return int(min(1, max(-1, b.available()-a.available()))) })
	for _, dir := range append([]string{c.infoDir}, c.paths()...) {
		if err := c.disk.MkdirAll(dir, 0o755); err != nil {
			return nil, fmt.Errorf("open segment cache: %w", err)
		}
	}
	return c, nil
}

func (c *cache) paths() []string {
	paths := make([]string, len(c.locations))
	for i, l := range c.locations {
		paths[i] = l.Path
	}
	return paths
}

// relative is a segment's directory below its location:
// DataSegmentPusher.getDefaultStorageDir.
func relative(s druid.DataSegment) (string, error) {
	parts := []string{s.DataSource, s.Interval.Start.String() + "_" + s.Interval.End.String(), s.Version, strconv.Itoa(s.ShardSpec.PartitionNum)}
	for _, p := range parts {
		if p == "." || filepath.Base(p) != p || !filepath.IsLocal(p) {
			return "", fmt.Errorf("segment %s: %q cannot be a directory's name", s.ID(), p)
		}
	}
	return filepath.Join(parts...), nil
}

// find takes a segment into the cache for which nothing has to be brought: its files are present, or it has none, being
// generated. One that was being filled when the process died does not count.
func (c *cache) find(s druid.DataSegment) (dir string, found bool, err error) {
	if deepstore.IsGenerated(s.LoadSpec) {
		_, err := c.room(s, "", nil, false, func(string) error { return nil })
		return "", err == nil, err
	}
	rel, err := relative(s)
	if err != nil {
		return "", false, err
	}
	for _, l := range c.locations {
		dir := filepath.Join(l.Path, rel)
		if !disk.Exists(c.disk, dir) || disk.Exists(c.disk, filepath.Join(dir, downloadMarker)) {
			continue
		}
		c.place(s, place{l, true})
		return dir, true, nil
	}
	return "", false, nil
}

// allot finds room for a segment in a location that is not one of those in which the
// load has failed, and makes its directory, marked as being filled.
func (c *cache) allot(s druid.DataSegment, failed []*location) (string, error) {
	rel, err := relative(s)
	if err != nil {
		return "", err
	}
	return c.room(s, rel, failed, true, c.emptyMarked)
}

// room finds a location with room for a segment, and prepares a directory in it.
func (c *cache) room(s druid.DataSegment, rel string, failed []*location, files bool, prepare func(dir string) error) (string, error) {
	var reasons []error
	for _, l := range c.locations {
		if slices.Contains(failed, l) {
			continue
		}
		if s.Size > l.available() {
			reasons = append(reasons, fmt.Errorf("Segment[%s:%d] too large for storage[%s:%d]", s.ID(), s.Size, l.Path, l.available()))
			continue
		}
		dir := filepath.Join(l.Path, rel)
		if err := prepare(dir); err != nil {
			reasons = append(reasons, err)
			continue
		}
		c.place(s, place{l, files})
		return dir, nil
	}
	return "", fmt.Errorf("Failed to load segment %s in all locations.: %w", s.ID(), errors.Join(reasons...))
}

// emptyMarked makes an empty directory with the marker in it, or none at all: one without
// the marker would pass for a whole segment.
func (c *cache) emptyMarked(dir string) error {
	err := c.disk.RemoveAll(dir)
	if err == nil {
		err = c.disk.MkdirAll(dir, 0o755)
	}
	if err == nil {
		err = disk.WriteFile(c.disk, filepath.Join(dir, downloadMarker), nil)
	}
	if err != nil {
		return errors.Join(err, c.disk.RemoveAll(dir))
	}
	return nil
}

// elsewhere reports whether a location is left that has room for a segment, besides the
// one that it has been allotted and those in which the load has failed.
func (c *cache) elsewhere(s druid.DataSegment, failed []*location) bool {
	return slices.ContainsFunc(c.locations, func(l *location) bool {
		return l != c.placed[s.ID()].in && !slices.Contains(failed, l) && s.Size <= l.available()
	})
}

func (c *cache) place(s druid.DataSegment, at place) {
	if c.placed[s.ID()].in == nil {
		c.placed[s.ID()] = at
		at.in.used += s.Size
	}
}

// used is the total size of the segments in the cache, in bytes.
func (c *cache) used() int64 {
	sum := int64(0)
	for _, l := range c.locations {
		sum += l.used
	}
	return sum
}

// remove deletes a segment's info file and, if so configured, its files, and frees its room.
func (c *cache) remove(s druid.DataSegment) error {
	rel, err := relative(s)
	if err != nil {
		return err // it was never here
	}
	infoErr := c.disk.Remove(c.infoFile(s))
	if errors.Is(infoErr, fs.ErrNotExist) {
		infoErr = nil
	}
	at := c.placed[s.ID()]
	l := at.in
	if l == nil {
		return infoErr
	}
	delete(c.placed, s.ID())
	l.used -= s.Size
	if !c.deleteOnRemove || !at.files {
		return infoErr
	}
	err = c.disk.RemoveAll(filepath.Join(l.Path, rel))
	for dir := filepath.Dir(rel); dir != "."; dir = filepath.Dir(dir) {
		if c.disk.Remove(filepath.Join(l.Path, dir)) != nil {
			break // other segments are in it
		}
	}
	return errors.Join(err, infoErr)
}

func (c *cache) infoFile(s druid.DataSegment) string {
	return filepath.Join(c.infoDir, s.ID().String())
}

// note writes the info file that makes the next incarnation load the segment: SegmentLoadDropHandler.addSegment. A crash
// can leave a part of it, which the next start notices; the segment is then loaded when it is asked for again.
func (c *cache) note(s druid.DataSegment) error {
	data, err := druid.Marshal(s)
	if err != nil {
		return err
	}
	file := c.infoFile(s)
	if err := disk.WriteFile(c.disk, file, data); err != nil {
		_ = c.disk.Remove(file) // what there is of it would be logged at the next start
		return err
	}
	return nil
}
