package deepstore

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"

	"oakmoot/internal/run/disk"
)

// Source is where the files of a segment come from that is pushed.
type Source struct {
	Name string // for errors
	each func(file func(name string, in io.Reader) error) error
	read func(name string) ([]byte, error)
}

// File is a file in memory.
type File struct {
	Name string
	Data []byte
}

// FilesOf are files in memory, in the order of their names.
func FilesOf(name string, files []File) Source {
	return Source{
		Name: name,
		each: func(each func(name string, in io.Reader) error) error {
			for _, f := range files {
				if err := each(f.Name, bytes.NewReader(f.Data)); err != nil {
					return err
				}
			}
			return nil
		},
		read: func(name string) ([]byte, error) {
			for _, f := range files {
				if f.Name == name {
					return f.Data, nil
				}
			}
			return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
		},
	}
}

// Directory are the plain files of a directory.
func (l *Local) Directory(dir string) Source {
	return Source{
		Name: dir,
		each: func(each func(name string, in io.Reader) error) error {
			entries, err := l.disk.ReadDir(dir)
			if err != nil {
				return err
			}
			for _, e := range entries {
				if !e.Type().IsRegular() {
					continue
				}
				if err := readEach(l.disk, filepath.Join(dir, e.Name()), each); err != nil {
					return err
				}
			}
			return nil
		},
		read: func(name string) ([]byte, error) { return disk.ReadFile(l.disk, filepath.Join(dir, name)) },
	}
}

func readEach(d disk.Disk, path string, each func(name string, in io.Reader) error) error {
	in, err := disk.Open(d, path)
	if err != nil {
		return err
	}
	defer in.Close()
	return each(filepath.Base(path), in)
}

// version reads version.bin: SegmentUtils.getVersionFromDir.
func (s Source) version() (int, error) {
	b, err := s.read("version.bin")
	if err != nil {
		return 0, err
	}
	if len(b) < 4 {
		return 0, fmt.Errorf("version.bin has %d bytes, want 4", len(b))
	}
	return int(int32(binary.BigEndian.Uint32(b))), nil
}
