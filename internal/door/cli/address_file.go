package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"oakmoot/cluster"
)

// unavailable marks an error as something that the machine could not provide.
type unavailable struct{ err error }

func (e *unavailable) Error() string   { return e.err.Error() }
func (e *unavailable) Unwrap() []error { return []error{e.err, cluster.ErrUnavailable} }

// canMakeFilesBeside finds out whether the file of addresses can be written, before there are any.
func canMakeFilesBeside(file string) error {
	if file == "" {
		return nil
	}
	f, err := os.CreateTemp(filepath.Dir(file), ".oakmoot-*")
	if err != nil {
		if path := (*fs.PathError)(nil); errors.As(err, &path) {
			err = &fs.PathError{Op: "create", Path: file, Err: path.Err}
		}
		return &unavailable{fmt.Errorf("address file: %w", err)}
	}
	_ = f.Close() // it is empty
	return os.Remove(f.Name())
}

// writeAddress writes a bound address to a file, if one is named.
func writeAddress(file, addr string) error {
	if file == "" {
		return nil
	}
	if err := os.WriteFile(file, []byte(addr+"\n"), 0o644); err != nil {
		return &unavailable{fmt.Errorf("address file: %w", err)}
	}
	return nil
}
