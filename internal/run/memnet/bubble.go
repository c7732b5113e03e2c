package memnet

import (
	"bytes"
	"runtime"
)

// InBubble reports whether the caller runs in a testing/synctest bubble, where time stands still while anybody waits
// for a real socket. Only the head of the goroutine's stack trace shows that; importing testing/synctest would pull
// package testing into programs.
func InBubble() bool {
	var head [200]byte
	line, _, _ := bytes.Cut(head[:runtime.Stack(head[:], false)], []byte("\n"))
	return bytes.Contains(line, []byte("synctest bubble"))
}
