package deepstore

import (
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"
	"strings"

	"oakmoot/internal/run/disk"
)

// limits bound what a damaged or hostile archive can make us write.
type limits struct {
	entries int   // files in one zip
	bytes   int64 // written for one segment
}

var defaultLimits = limits{entries: 10_000, bytes: 64 << 30}

// Pull copies the files of the segment at loadSpec into the directory into, which it creates if need be:
// LocalDataSegmentPuller. The path must lie inside deep storage, and may be a directory, a .zip or a .gz of one file.
// An error names the path; into may then hold some of the files.
func (l *Local) Pull(ctx context.Context, spec json.RawMessage, into string) error {
	at, err := parseLoadSpec(spec)
	if err != nil {
		return fmt.Errorf("pull: %w", err)
	}
	if err := l.gate(ctx, OpPull, at.Path); err != nil {
		return fmt.Errorf("pull %s: %w", at.Path, err)
	}
	err = l.within(at.Path, func(root disk.Root, rel string) error { return l.pull(ctx, root, rel, at.Path, into) })
	if err != nil {
		return fmt.Errorf("pull %s: %w", at.Path, err)
	}
	return nil
}

// pull reads rel below root; the load spec calls it path.
func (l *Local) pull(ctx context.Context, root disk.Root, rel, path, into string) error {
	info, err := root.Stat(rel)
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("[%s] does not exist: %w", path, fs.ErrNotExist)
	}
	if err != nil {
		return err
	}
	if err := l.disk.MkdirAll(into, 0o755); err != nil {
		return err
	}
	name := filepath.Base(rel)
	switch {
	case info.IsDir():
		return l.copyDir(ctx, root, rel, into)
	case !info.Mode().IsRegular():
		return fmt.Errorf("[%s] is no plain file", path)
	case strings.HasSuffix(strings.ToLower(name), ".zip"):
		return l.unzip(ctx, root, rel, into)
	case strings.HasSuffix(strings.ToLower(name), ".gz") && plainName(name[:len(name)-len(".gz")]):
		return l.gunzip(ctx, root, rel, filepath.Join(into, name[:len(name)-len(".gz")]))
	}
	return fmt.Errorf("Do not know how to handle source [%s]", path)
}

// copyDir copies the plain files of a directory, but nothing below it.
func (l *Local) copyDir(ctx context.Context, root disk.Root, dir, into string) error {
	entries, err := root.ReadDir(dir)
	if err != nil {
		return err
	}
	left := l.limits.bytes
	for _, e := range entries {
		if !e.Type().IsRegular() {
			continue
		}
		in, err := disk.Open(root, filepath.Join(dir, e.Name()))
		if err != nil {
			return err
		}
		n, err := l.writeFile(ctx, filepath.Join(into, e.Name()), in, left)
		if err := errors.Join(err, in.Close()); err != nil {
			return err
		}
		left -= n
	}
	return nil
}

func (l *Local) gunzip(ctx context.Context, root disk.Root, rel, to string) error {
	f, err := disk.Open(root, rel)
	if err != nil {
		return err
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		return err
	}
	_, err = l.writeFile(ctx, to, z, l.limits.bytes)
	return err
}

// writeFile copies r into a new file, and fails if there are more than limit bytes.
func (l *Local) writeFile(ctx context.Context, path string, r io.Reader, limit int64) (n int64, err error) {
	out, err := disk.Create(l.disk, path)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, out.Close()) }()
	n, err = io.Copy(out, io.LimitReader(&ctxReader{ctx, r}, limit+1))
	if err != nil {
		return n, err
	}
	if n > limit {
		return n, fmt.Errorf("%s is larger than the %d bytes it may have", filepath.Base(path), limit)
	}
	return n, nil
}
