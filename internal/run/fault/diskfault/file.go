package diskfault

import (
	"io/fs"

	"oakmoot/internal/run/disk"
)

// file is an open file of a view.
type file struct {
	disk.File
	view view
	path string
}

func (f *file) Read(p []byte) (int, error) {
	if err := f.view.fails(OpRead, f.path, "read"); err != nil {
		return 0, err
	}
	return f.File.Read(p)
}

func (f *file) ReadAt(p []byte, offset int64) (int, error) {
	if err := f.view.fails(OpRead, f.path, "read"); err != nil {
		return 0, err
	}
	return f.File.ReadAt(p, offset)
}

func (f *file) Write(p []byte) (int, error) {
	return f.write(p, f.File.Write)
}

func (f *file) WriteAt(p []byte, offset int64) (int, error) {
	return f.write(p, func(p []byte) (int, error) { return f.File.WriteAt(p, offset) })
}

// write writes as much as the faults let pass.
func (f *file) write(p []byte, write func([]byte) (int, error)) (n int, err error) {
	pass, fault := f.view.before(OpWrite, f.path, len(p))
	if pass > 0 || fault == nil {
		n, err = write(p[:pass])
	}
	if err == nil && fault != nil {
		err = &fs.PathError{Op: "write", Path: f.path, Err: fault}
	}
	return n, err
}

func (f *file) Sync() error {
	if err := f.view.fails(OpSync, f.path, "sync"); err != nil {
		return err
	}
	return f.File.Sync()
}

func (f *file) Datasync() error {
	if err := f.view.fails(OpSync, f.path, "sync"); err != nil {
		return err
	}
	return disk.Datasync(f.File)
}

func (f *file) Truncate(size int64) error {
	if err := f.view.fails(OpTruncate, f.path, "truncate"); err != nil {
		return err
	}
	return f.File.Truncate(size)
}
