package disk

// Op is a kind of operation on a disk.
type Op string

// Operations.
const (
	OpOpen     Op = "open"   // a file, to be read
	OpRead     Op = "read"   // from an open file
	OpLook     Op = "look"   // stat of a file, or the names in a directory
	OpCreate   Op = "create" // or open a file, to write to it
	OpMkdir    Op = "mkdir"
	OpWrite    Op = "write"    // to an open file
	OpTruncate Op = "truncate" // of an open file
	OpSync     Op = "sync"
	OpRename   Op = "rename" // from a path
	OpRemove   Op = "remove"
)

// Ops are all operations.
func Ops() []Op {
	return []Op{OpOpen, OpRead, OpLook, OpCreate, OpMkdir, OpWrite, OpTruncate, OpSync, OpRename, OpRemove}
}
