package deepstore

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"

	"oakmoot/internal/druid"
	"oakmoot/internal/run/disk"
)

// Kill deletes the files in the directory that holds the segment's zip, then that directory and its empty ancestors,
// up to and including the datasource's: LocalDataSegmentKiller. It is not an error if the segment is gone already,
// or never had files.
//
// Druid 0.14.0 deletes that directory with everything below it, wherever the load spec says it is. Here it must lie
// inside deep storage, and directories below it stay: they are not part of this segment and may belong to another.
func (l *Local) Kill(ctx context.Context, seg druid.DataSegment) error {
	if IsGenerated(seg.LoadSpec) {
		return nil // it has no files
	}
	at, err := parseLoadSpec(seg.LoadSpec)
	if err != nil {
		return fmt.Errorf("kill %s: %w", seg.ID(), err)
	}
	if err := l.gate(ctx, OpKill, at.Path); err != nil {
		return fmt.Errorf("kill %s: %w", seg.ID(), err)
	}
	if !strings.HasSuffix(at.Path, ".zip") {
		return fmt.Errorf("kill %s: Unknown file type[%s]", seg.ID(), at.Path)
	}
	err = l.within(at.Path, func(root disk.Root, rel string) error {
		dir := filepath.Dir(rel)
		if dir == "." {
			return fmt.Errorf("[%s] lies in deep storage itself and not in a directory of its own", at.Path)
		}
		if err := removeFiles(root, dir); err != nil {
			return err
		}
		removeEmpty(root, filepath.Dir(dir), seg.DataSource)
		return nil
	})
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("kill %s: %w", seg.ID(), err)
	}
	return nil
}

// removeFiles deletes the files in dir, and dir itself if nothing is left in it.
func removeFiles(root disk.Root, dir string) error {
	info, err := root.Lstat(dir)
	if err != nil {
		return err
	}
	if !info.IsDir() {
		return fmt.Errorf("[%s] is no directory", dir)
	}
	entries, err := root.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if e.IsDir() {
			continue
		}
		if err := root.Remove(filepath.Join(dir, e.Name())); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	if slices.ContainsFunc(entries, fs.DirEntry.IsDir) {
		return nil
	}
	return root.Remove(dir)
}

// maxEmptyAncestors bounds the way up from a path that does not contain the datasource.
const maxEmptyAncestors = 4

// removeEmpty deletes empty directories from dir upwards; it stops at the first that is not empty or cannot be
// deleted for another reason.
func removeEmpty(root disk.Root, dir, dataSource string) {
	for range maxEmptyAncestors {
		if root.Remove(dir) != nil || filepath.Base(dir) == dataSource {
			return
		}
		dir = filepath.Dir(dir)
	}
}

// Move always fails: Druid 0.14 has no DataSegmentMover for local storage, and
// OmniDataSegmentMover says so in these words.
func (l *Local) Move(_ context.Context, seg druid.DataSegment, _ map[string]string) (druid.DataSegment, error) {
	return seg, noLoader("move", seg, "Unknown loader type[local].  Known types are []")
}

// Archive always fails: local storage has no DataSegmentArchiver in Druid 0.14.
func (l *Local) Archive(_ context.Context, seg druid.DataSegment) (druid.DataSegment, error) {
	return seg, noLoader("archive", seg, "Unknown loader type[local].  Known types are []")
}

// Restore always fails, for the same reason as Archive.
func (l *Local) Restore(_ context.Context, seg druid.DataSegment) (druid.DataSegment, error) {
	return seg, noLoader("restore", seg, "Unknown loader type[local].  Known types are []")
}

func noLoader(verb string, seg druid.DataSegment, text string) error {
	return fmt.Errorf("%s %s: %s", verb, seg.ID(), text)
}
