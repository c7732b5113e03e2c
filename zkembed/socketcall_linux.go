package zkembed

import (
	"syscall"
	"unsafe"
)

// readNow and writeNow are for sockets that do not block.

func readNow(fd uintptr, b []byte) (int, error) { return syscallNow(syscall.SYS_READ, fd, b) }

func writeNow(fd uintptr, b []byte) (int, error) { return syscallNow(syscall.SYS_WRITE, fd, b) }

func syscallNow(trap, fd uintptr, b []byte) (int, error) {
	for {
		n, _, errno := syscall.RawSyscall(trap, fd, uintptr(unsafe.Pointer(unsafe.SliceData(b))), uintptr(len(b)))
		switch errno {
		case 0:
			return int(n), nil
		case syscall.EINTR:
		default:
			return 0, errno
		}
	}
}
