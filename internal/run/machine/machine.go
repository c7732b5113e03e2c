// Package machine says what the machine has left for this process, files, ports and memory, and how it is reached.
package machine

// Unknown is an amount that the system does not say.
const Unknown int64 = -1

// Spare is what this process can still have.
type Spare struct {
	Files  int64 // more of them open at a time
	Ports  int64 // that the system gives out by itself; some may be in use
	Memory int64 // bytes, of the machine's or of the process's cgroup
}

// Now is what there is at the moment.
func Now() Spare { return Spare{Files: files(), Ports: ports(), Memory: memory()} }
