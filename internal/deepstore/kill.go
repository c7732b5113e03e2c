package deepstore

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"oakmoot/internal/druid"
)

// Kill deletes the directory that holds the segment's zip and then its empty
// ancestors, up to and including the datasource's: LocalDataSegmentKiller. A
// segment that is gone already is not an error.
func (l *Local) Kill(ctx context.Context, seg druid.DataSegment) error {
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
	dir := filepath.Dir(filepath.FromSlash(at.Path))
	if err := os.RemoveAll(dir); err != nil {
		return fmt.Errorf("kill %s: %w", seg.ID(), err)
	}
	removeEmpty(filepath.Dir(dir), seg.DataSource)
	return nil
}

// maxEmptyAncestors bounds the way up for a path without the datasource in it.
const maxEmptyAncestors = 4

// removeEmpty deletes empty directories from dir upwards; the first that is not
// empty, or cannot be deleted for another reason, ends it.
func removeEmpty(dir, dataSource string) {
	for range maxEmptyAncestors {
		if os.Remove(dir) != nil || filepath.Base(dir) == dataSource {
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
