package deepstore

import (
	"archive/zip"
	"context"
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
	up, err := l.Begin(ctx, l.Directory(dir), seg, unique)
	if err != nil {
		return seg, err
	}
	return up.Commit()
}

// Begin begins to push a segment: zip and descriptor are aside then, and Commit or Discard has to follow.
func (l *Local) Begin(ctx context.Context, files Source, seg druid.DataSegment, unique bool) (*Upload, error) {
	name := ""
	if unique {
		name = uuid.NewString()
	}
	rel, err := storageDir(seg, name)
	if err != nil {
		return nil, fmt.Errorf("push %s: %w", seg.ID(), err)
	}
	if err := l.gate(ctx, OpPush, filepath.Join(l.root, rel, indexName)); err != nil {
		return nil, fmt.Errorf("push %s: %w", seg.ID(), err)
	}
	up := &Upload{segment: seg, to: rel, aside: filepath.Join(intermediate, uuid.NewString()), from: files.Name}
	if err := up.begin(ctx, l, files); err != nil {
		return nil, up.failed(errors.Join(err, up.end()))
	}
	return up, nil
}

// Upload is a segment on its way into deep storage.
type Upload struct {
	segment   druid.DataSegment
	from      string
	aside, to string // directories below the root
	root      disk.Root
	zip       disk.File // nil once it is durable, or cannot be
	broken    error     // why it cannot
}

func (u *Upload) failed(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("push %s from %s: %w", u.segment.ID(), u.from, err)
}

// begin writes zip and descriptor aside.
func (u *Upload) begin(ctx context.Context, l *Local, files Source) (err error) {
	if err := l.disk.MkdirAll(l.root, 0o755); err != nil {
		return err
	}
	if u.root, err = l.disk.OpenRoot(l.root); err != nil {
		return err
	}
	if err := u.root.MkdirAll(u.aside, 0o755); err != nil {
		return err
	}
	version, err := files.version()
	if err != nil {
		return err
	}
	size, err := u.writeZip(ctx, files)
	if err != nil {
		return err
	}
	u.segment.Size, u.segment.BinaryVersion = size, &version
	u.segment.LoadSpec, err = druid.Marshal(loadSpec{"local", filepath.ToSlash(filepath.Join(l.root, u.to, indexName))})
	if err != nil {
		return err
	}
	descriptor, err := druid.Marshal(u.segment)
	if err != nil {
		return err
	}
	return disk.WriteFile(u.root, filepath.Join(u.aside, descriptorName), descriptor)
}

// Sync makes the zip durable, as CompressionUtils.zip does. Several uploads may do so at once; the disk then does it
// for all of them together.
func (u *Upload) Sync() error { return u.failed(u.sync()) }

func (u *Upload) sync() error {
	if u.zip != nil {
		u.broken = errors.Join(u.zip.Sync(), u.zip.Close())
		u.zip = nil
	}
	return u.broken
}

// Commit moves zip and descriptor to their place, and returns the segment. Whether or not that works, nothing is left
// aside.
func (u *Upload) Commit() (druid.DataSegment, error) {
	err := u.sync()
	if err == nil {
		err = publish(u.root, u.aside, u.to)
	}
	return u.segment, u.failed(errors.Join(err, u.end()))
}

// Discard gives the upload up.
func (u *Upload) Discard() error { return u.failed(u.end()) }

// end removes what is aside.
func (u *Upload) end() (err error) {
	if u.zip != nil {
		err = u.zip.Close()
	}
	if u.root == nil {
		return err
	}
	return errors.Join(err, u.root.RemoveAll(u.aside), u.root.Close())
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

// writeZip writes the files into a new zip aside and returns the sum of their sizes: CompressionUtils.zip.
func (u *Upload) writeZip(ctx context.Context, files Source) (size int64, err error) {
	if u.zip, err = disk.Create(u.root, filepath.Join(u.aside, indexName)); err != nil {
		return 0, err
	}
	w := zip.NewWriter(u.zip)
	err = files.each(func(name string, in io.Reader) error {
		out, err := w.Create(name)
		if err != nil {
			return err
		}
		n, err := io.Copy(out, &ctxReader{ctx, in})
		size += n
		return err
	})
	if err != nil {
		return 0, err
	}
	return size, w.Close()
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
