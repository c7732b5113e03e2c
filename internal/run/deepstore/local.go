package deepstore

import (
	"context"
	"encoding/json"
	"fmt"
	"path/filepath"
	"strconv"

	"oakmoot/internal/druid"
	"oakmoot/internal/run/disk"
)

// Op is an operation on deep storage.
type Op string

// The operations that a Gate is asked about.
const (
	OpPush Op = "push"
	OpPull Op = "pull"
	OpKill Op = "kill"
)

// Gate guards deep storage: it is asked before a segment is pushed, pulled or killed, with the path of its zip, and
// may wait or refuse.
type Gate func(ctx context.Context, op Op, path string) error

// Local is deep storage in a directory: druid.storage.type=local.
type Local struct {
	disk   disk.Disk
	root   string
	gate   Gate
	limits limits
}

// New is deep storage under root, a directory of d that need not exist yet.
func New(d disk.Disk, root string) *Local { return NewGated(d, root, nil) }

// NewGated is deep storage under root that asks gate first; a nil gate lets everything through.
func NewGated(d disk.Disk, root string, gate Gate) *Local {
	if abs, err := filepath.Abs(root); err == nil {
		root = abs
	}
	if gate == nil {
		gate = func(ctx context.Context, _ Op, _ string) error { return ctx.Err() }
	}
	return &Local{disk: d, root: root, gate: gate, limits: defaultLimits}
}

// Root is druid.storage.storageDirectory.
func (l *Local) Root() string { return l.root }

// loadSpec is LocalLoadSpec: where the zip of a segment lies.
type loadSpec struct {
	Type string `json:"type"`
	Path string `json:"path"`
}

func parseLoadSpec(raw json.RawMessage) (loadSpec, error) {
	var spec loadSpec
	if err := json.Unmarshal(raw, &spec); err != nil {
		return spec, fmt.Errorf("load spec %s: %w", raw, err)
	}
	if spec.Type != "local" {
		return spec, fmt.Errorf("load spec %s: Unknown loader type[%s]. Known types are [local]", raw, spec.Type)
	}
	if spec.Path == "" {
		return spec, fmt.Errorf("load spec %s: it names no path", raw)
	}
	return spec, nil
}

// storageDir is where a segment lies below the root: DataSegmentPusher.getDefaultStorageDir. Each part must be the
// name of a single directory.
func storageDir(seg druid.DataSegment, unique string) (string, error) {
	parts := []string{
		seg.DataSource,
		seg.Interval.Start.String() + "_" + seg.Interval.End.String(),
		seg.Version,
		strconv.Itoa(seg.ShardSpec.PartitionNum),
	}
	for _, part := range parts {
		if part == "." || !filepath.IsLocal(part) || filepath.Base(part) != part {
			return "", fmt.Errorf("%q cannot be a directory's name in deep storage", part)
		}
	}
	return filepath.Join(append(parts, unique)...), nil
}
