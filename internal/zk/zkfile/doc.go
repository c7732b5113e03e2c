// Package zkfile reads and writes the files of an Apache ZooKeeper 3.8 or 3.9 data
// directory: snapshots (FileSnap, DataTree.serialize) and transaction logs
// (FileTxnLog). It starts no goroutines and keeps nothing open.
package zkfile

import "errors"

// ErrDamaged is in the chain of the error for a file that is not as Apache ZooKeeper writes
// it.
var ErrDamaged = errors.New("apache zookeeper data is damaged")

// How every file begins: FileHeader.
const (
	logMagic      int32 = 'Z'<<24 | 'K'<<16 | 'L'<<8 | 'G'
	snapshotMagic int32 = 'Z'<<24 | 'K'<<16 | 'S'<<8 | 'N'
	fileVersion   int32 = 2
	snapshotDBID  int64 = -1
)
