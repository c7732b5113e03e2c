//go:build !linux

package disk

import "os"

// fdatasync makes a file's content durable.
func fdatasync(f *os.File) error { return f.Sync() }
