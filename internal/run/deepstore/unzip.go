package deepstore

import (
	"archive/zip"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"oakmoot/internal/run/disk"
)

// unzip extracts a segment's flat zip. It refuses names that are not plain file names, and sizes beyond the limits,
// whatever the zip's directory claims.
func (l *Local) unzip(ctx context.Context, root disk.Root, rel, into string) error {
	f, err := disk.Open(root, rel)
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	z, err := zip.NewReader(f, info.Size())
	if err != nil {
		return err
	}
	if len(z.File) > l.limits.entries {
		return fmt.Errorf("%d files in one segment, at most %d are allowed", len(z.File), l.limits.entries)
	}
	left := l.limits.bytes
	for _, entry := range z.File {
		if strings.HasSuffix(entry.Name, "/") {
			continue
		}
		n, err := l.extract(ctx, entry, into, left)
		if err != nil {
			return fmt.Errorf("entry %q: %w", entry.Name, err)
		}
		left -= n
	}
	return nil
}

func (l *Local) extract(ctx context.Context, entry *zip.File, into string, left int64) (int64, error) {
	if !plainName(entry.Name) {
		return 0, errors.New("not the plain name of a file")
	}
	if entry.UncompressedSize64 > uint64(left) {
		return 0, fmt.Errorf("it has %d bytes, at most %d are left", entry.UncompressedSize64, left)
	}
	r, err := entry.Open()
	if err != nil {
		return 0, err
	}
	n, err := l.writeFile(ctx, filepath.Join(into, entry.Name), r, int64(entry.UncompressedSize64))
	return n, errors.Join(err, r.Close())
}

func plainName(name string) bool {
	return filepath.IsLocal(name) && name != "." && !strings.ContainsAny(name, `/\`+"\x00")
}
