package deepstore

import (
	"archive/zip"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"path/filepath"

	"github.com/google/uuid"

	"oakmoot/internal/druid"
	"oakmoot/internal/run/disk"
)

const (
	indexName      = "index.zip"
	descriptorName = "descriptor.json"
	intermediate   = "intermediate_pushes"
)

// Push stores the segment whose files are in dir, and returns it with load spec, size and binary version filled in:
// LocalDataSegmentPusher. With unique, the path ends in a random name, so that an older push of the same segment is
// left alone. Zip and descriptor are written aside and renamed, the zip first.
func (l *Local) Push(ctx context.Context, dir string, seg druid.DataSegment, unique bool) (druid.DataSegment, error) {
	name := ""
	if unique {
		name = uuid.NewString()
	}
	rel, err := storageDir(seg, name)
	if err != nil {
		return seg, fmt.Errorf("push %s: %w", seg.ID(), err)
	}
	out := filepath.Join(l.root, rel)
	if err := l.gate(ctx, OpPush, filepath.Join(out, indexName)); err != nil {
		return seg, fmt.Errorf("push %s: %w", seg.ID(), err)
	}
	pushed, err := l.push(ctx, dir, seg, rel)
	if err != nil {
		return seg, fmt.Errorf("push %s from %s: %w", seg.ID(), dir, err)
	}
	return pushed, nil
}

func (l *Local) push(ctx context.Context, dir string, seg druid.DataSegment, rel string) (_ druid.DataSegment, err error) {
	if err := l.disk.MkdirAll(l.root, 0o755); err != nil {
		return seg, err
	}
	root, err := l.disk.OpenRoot(l.root)
	if err != nil {
		return seg, err
	}
	defer root.Close()
	aside := filepath.Join(intermediate, uuid.NewString())
	if err := root.MkdirAll(aside, 0o755); err != nil {
		return seg, err
	}
	defer func() { err = errors.Join(err, root.RemoveAll(aside)) }()

	version, err := binaryVersion(l.disk, dir)
	if err != nil {
		return seg, err
	}
	size, err := l.zipDir(ctx, dir, root, filepath.Join(aside, indexName))
	if err != nil {
		return seg, err
	}
	seg.Size, seg.BinaryVersion = size, &version
	seg.LoadSpec, err = druid.Marshal(loadSpec{"local", filepath.ToSlash(filepath.Join(l.root, rel, indexName))})
	if err != nil {
		return seg, err
	}
	descriptor, err := druid.Marshal(seg)
	if err != nil {
		return seg, err
	}
	if err := disk.WriteFile(root, filepath.Join(aside, descriptorName), descriptor); err != nil {
		return seg, err
	}
	return seg, publish(root, aside, rel)
}

// publish moves zip and descriptor to their final place, replacing what was there.
func publish(root disk.Root, aside, out string) error {
	if err := root.MkdirAll(out, 0o755); err != nil {
		return err
	}
	for _, name := range []string{indexName, descriptorName} {
		if err := root.Rename(filepath.Join(aside, name), filepath.Join(out, name)); err != nil {
			return err
		}
	}
	return nil
}

// binaryVersion reads version.bin: SegmentUtils.getVersionFromDir.
func binaryVersion(d disk.Disk, dir string) (int, error) {
	b, err := disk.ReadFile(d, filepath.Join(dir, "version.bin"))
	if err != nil {
		return 0, err
	}
	if len(b) < 4 {
		return 0, fmt.Errorf("version.bin has %d bytes, want 4", len(b))
	}
	return int(int32(binary.BigEndian.Uint32(b))), nil
}

// zipDir writes the plain files of dir into a new zip below root and returns the sum of their sizes:
// CompressionUtils.zip.
func (l *Local) zipDir(ctx context.Context, dir string, root disk.Root, to string) (size int64, err error) {
	entries, err := l.disk.ReadDir(dir)
	if err != nil {
		return 0, err
	}
	f, err := disk.Create(root, to)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	w := zip.NewWriter(f)
	for _, e := range entries {
		if !e.Type().IsRegular() {
			continue
		}
		n, err := l.zipFile(ctx, w, dir, e.Name())
		if err != nil {
			return 0, err
		}
		size += n
	}
	if err := w.Close(); err != nil {
		return 0, err
	}
	return size, f.Sync()
}

func (l *Local) zipFile(ctx context.Context, w *zip.Writer, dir, name string) (int64, error) {
	in, err := disk.Open(l.disk, filepath.Join(dir, name))
	if err != nil {
		return 0, err
	}
	defer in.Close()
	out, err := w.Create(name)
	if err != nil {
		return 0, err
	}
	return io.Copy(out, &ctxReader{ctx, in})
}

// ctxReader ends a copy with the context's error once the context has ended.
type ctxReader struct {
	ctx context.Context
	r   io.Reader
}

func (c *ctxReader) Read(p []byte) (int, error) {
	if err := c.ctx.Err(); err != nil {
		return 0, err
	}
	return c.r.Read(p)
}
