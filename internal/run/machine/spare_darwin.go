package machine

import "golang.org/x/sys/unix"

// ports is the size of net.inet.ip.portrange.
func ports() int64 {
	first, err := unix.SysctlUint32("net.inet.ip.portrange.first")
	if err != nil {
		return Unknown
	}
	last, err := unix.SysctlUint32("net.inet.ip.portrange.last")
	if err != nil || last < first {
		return Unknown
	}
	return int64(last-first) + 1
}

// memory is all that the machine has: how much of it is free it does not say in a word.
func memory() int64 {
	size, err := unix.SysctlUint64("hw.memsize")
	if err != nil {
		return Unknown
	}
	return int64(size)
}
