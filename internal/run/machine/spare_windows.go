package machine

import (
	"unsafe"

	"golang.org/x/sys/windows"
)

// ports is not known: Windows tells it to netsh only.
func ports() int64 { return Unknown }

// memoryStatus is MEMORYSTATUSEX.
type memoryStatus struct {
	length, load                                                                             uint32
	totalPhys, availPhys, totalPageFile, availPageFile, totalVirtual, availVirtual, extended uint64
}

var globalMemoryStatus = windows.NewLazySystemDLL("kernel32.dll").NewProc("GlobalMemoryStatusEx")

// memory is the physical memory that is available.
func memory() int64 {
	s := memoryStatus{length: uint32(unsafe.Sizeof(memoryStatus{}))}
	if ok, _, _ := globalMemoryStatus.Call(uintptr(unsafe.Pointer(&s))); ok == 0 {
		return Unknown
	}
	return int64(s.availPhys)
}
