package segment

import (
	"bytes"
	"fmt"
	"io/fs"
	"path/filepath"

	"oakmoot/internal/run/disk"
)

// Files are a segment's files in memory, in the order in which they are written.
type Files []File

// File is one of them.
type File struct {
	Name string
	Data []byte
}

// Encode is what Write writes.
func (s *Segment) Encode(spec IndexSpec) (Files, error) {
	e, err := spec.resolve()
	if err != nil {
		return nil, fmt.Errorf("write segment: %w", err)
	}
	var files Files
	err = s.write(e, func(name string, data []byte) error {
		files = append(files, File{name, bytes.Clone(data)})
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("write segment: %w", err)
	}
	return files, nil
}

// Write writes the files into dir, which is created if need be.
func (f Files) Write(d disk.Disk, dir string) error {
	if err := d.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("write segment to %s: %w", dir, err)
	}
	for _, file := range f {
		if err := disk.WriteFile(d, filepath.Join(dir, file.Name), file.Data); err != nil {
			return fmt.Errorf("write segment to %s: %w", dir, err)
		}
	}
	return nil
}

// Open is the segment as Open of this package would read it.
func (f Files) Open() (*Segment, error) {
	s, err := readFiles(func(name string) ([]byte, error) {
		for _, file := range f {
			if file.Name == name {
				return file.Data, nil
			}
		}
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
	})
	if err != nil {
		return nil, fmt.Errorf("open segment: %w", err)
	}
	for _, file := range f {
		s.fileSize += int64(len(file.Data))
	}
	return s, nil
}
