package disk

import (
	"errors"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// Open opens a file to be read.
func Open(d Files, path string) (File, error) { return d.OpenFile(path, os.O_RDONLY, 0) }

// Create opens a file to be written from its beginning, and makes it if need be.
func Create(d Files, path string) (File, error) {
	return d.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_TRUNC, 0o666)
}

// Append opens a file to be written on at its end, and makes it if need be.
func Append(d Files, path string) (File, error) {
	return d.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o644)
}

// maxTemp bounds how many names CreateTemp tries.
const maxTemp = 10_000

// CreateTemp makes a new file in dir. The name is the pattern with its last * replaced by
// a number that no other file has.
func CreateTemp(d Files, dir, pattern string) (File, error) {
	prefix, suffix := pattern, ""
	if i := strings.LastIndexByte(pattern, '*'); i >= 0 {
		prefix, suffix = pattern[:i], pattern[i+1:]
	}
	for tries := 1; ; tries++ {
		path := filepath.Join(dir, prefix+strconv.FormatUint(uint64(rand.Uint32()), 10)+suffix)
		f, err := d.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o644)
		if !errors.Is(err, fs.ErrExist) || tries == maxTemp {
			return f, err
		}
	}
}

// ReadFile reads a whole file.
func ReadFile(d Files, path string) ([]byte, error) {
	f, err := Open(d, path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	size := 0
	if info, err := f.Stat(); err == nil && int64(int(info.Size())) == info.Size() {
		size = int(info.Size())
	}
	data := make([]byte, 0, max(size+1, 512)) // one byte more, for the read that finds the end
	for {
		n, err := f.Read(data[len(data):cap(data)])
		data = data[:len(data)+n]
		if err == io.EOF {
			return data, nil
		}
		if err != nil {
			return data, err
		}
		if len(data) == cap(data) {
			data = append(data, 0)[:len(data)]
		}
	}
}

// WriteFile makes data the whole content of a file, which is made if need be. After an
// error the file may hold a part of it.
func WriteFile(d Files, path string, data []byte) error {
	f, err := d.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o644)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	return errors.Join(err, f.Close())
}

// Exists reports whether there is something at a path that can be looked at.
func Exists(d Files, path string) bool {
	_, err := d.Stat(path)
	return err == nil
}

// SyncFile makes a file's content durable.
func SyncFile(d Files, path string) error {
	f, err := d.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}
