package disk

import (
	"os"
	"syscall"
)

// fdatasync makes a file's content durable, without the times of its inode.
func fdatasync(f *os.File) error {
	for {
		if err := syscall.Fdatasync(int(f.Fd())); err != syscall.EINTR {
			return os.NewSyscallError("fdatasync", err)
		}
	}
}
