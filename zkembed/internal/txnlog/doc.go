// Package txnlog keeps a database on disk: a write-ahead log of its transactions, and
// snapshots that are taken while transactions go on. It does what FileTxnSnapLog and
// SyncRequestProcessor do, in a file format of its own. It knows files, records and
// damage; what a transaction or a node holds, only the Database knows.
//
// A Log belongs to one goroutine at a time. It starts another one, which writes the
// snapshot under way; Close waits for it.
package txnlog

import (
	"errors"

	"oakmoot/internal/zk/zkwire"
)

// Errors of files that cannot be used.
var (
	ErrNewer   = errors.New("zkembed: data directory is of a newer format")
	ErrDamaged = errors.New("zkembed: data is damaged")
)

// Database is what the files keep: the state after a transaction.
type Database interface {
	Zxid() zkwire.Zxid // the last transaction that is in it
	Nodes() int        // how many there are
	Clear()            // makes it that of an empty directory

	// EncodeSessions appends a snapshot's first record: zxid and sessions.
	EncodeSessions(*zkwire.Encoder)
	// Walk begins to append the nodes to an encoder, which the caller may empty meanwhile.
	Walk(*zkwire.Encoder) Walk

	// The content of a snapshot is decoded in the same order; Check has the last word.
	DecodeSessions(*zkwire.Decoder) error
	DecodeNodes(*zkwire.Decoder) error
	Check() error

	// DecodeTxn reads the next transaction of a log; redo carries it out again.
	DecodeTxn(*zkwire.Decoder) (zxid zkwire.Zxid, redo func() error)
}

// Walk visits every node as it was when the walk began, whatever happens to it
// meanwhile.
type Walk interface {
	Next() bool // encodes one more node; false when there was none left
	Stop()
}

// Txn is a transaction as far as a Log knows it; what it encodes begins with its zxid.
type Txn interface{ Encode(*zkwire.Encoder) }
