//go:build unix && !linux

package zkembed

import "syscall"

func readNow(fd uintptr, b []byte) (int, error) { return uninterrupted(syscall.Read, fd, b) }

func writeNow(fd uintptr, b []byte) (int, error) { return uninterrupted(syscall.Write, fd, b) }

func uninterrupted(call func(int, []byte) (int, error), fd uintptr, b []byte) (int, error) {
	for {
		if n, err := call(int(fd), b); err != syscall.EINTR {
			return n, err
		}
	}
}
