package disk

import "io/fs"

// gatedFile is an open file of a gated disk.
type gatedFile struct {
	File
	ask  Gate
	path string
}

func (f *gatedFile) Read(p []byte) (int, error) {
	if err := f.ask.fails(OpRead, f.path, "read"); err != nil {
		return 0, err
	}
	return f.File.Read(p)
}

func (f *gatedFile) ReadAt(p []byte, offset int64) (int, error) {
	if err := f.ask.fails(OpRead, f.path, "read"); err != nil {
		return 0, err
	}
	return f.File.ReadAt(p, offset)
}

func (f *gatedFile) Write(p []byte) (int, error) {
	return f.write(p, f.File.Write)
}

func (f *gatedFile) WriteAt(p []byte, offset int64) (int, error) {
	return f.write(p, func(p []byte) (int, error) { return f.File.WriteAt(p, offset) })
}

// write writes as much as the gate lets pass.
func (f *gatedFile) write(p []byte, write func([]byte) (int, error)) (n int, err error) {
	pass, fault := f.ask(OpWrite, f.path, len(p))
	if pass > 0 || fault == nil {
		n, err = write(p[:pass])
	}
	if err == nil && fault != nil {
		err = &fs.PathError{Op: "write", Path: f.path, Err: fault}
	}
	return n, err
}

func (f *gatedFile) Sync() error {
	if err := f.ask.fails(OpSync, f.path, "sync"); err != nil {
		return err
	}
	return f.File.Sync()
}

func (f *gatedFile) Datasync() error {
	if err := f.ask.fails(OpSync, f.path, "sync"); err != nil {
		return err
	}
	return Datasync(f.File)
}

func (f *gatedFile) Truncate(size int64) error {
	if err := f.ask.fails(OpTruncate, f.path, "truncate"); err != nil {
		return err
	}
	return f.File.Truncate(size)
}
