package metadata

import (
	"database/sql"
	"strconv"
	"strings"
)

// dialect is what one database writes differently from the next. Statements are
// written with ? for a parameter, and with the types below by name.
type dialect struct {
	payload   string             // {payload}: the type of JSON bytes
	serial    string             // {serial}: the type and key of a row number that counts itself
	numbered  bool               // parameters are $1, $2, …
	isolation sql.IsolationLevel // of a transaction that writes
	transient func(error) bool   // whether a transaction that failed so may succeed when it is tried again; nil: never
}

// sqlite is the dialect of a file: its one writer meets no other.
var sqlite = dialect{payload: "BLOB", serial: "INTEGER PRIMARY KEY AUTOINCREMENT"}

// types writes the dialect's own column types into a CREATE TABLE.
func (d dialect) types(statement string) string {
	return strings.NewReplacer("{payload}", d.payload, "{serial}", d.serial).Replace(statement)
}

// placeholders writes the dialect's own form of parameters.
func (d dialect) placeholders(query string) string {
	if !d.numbered {
		return query
	}
	var b strings.Builder
	n := 0
	for part := range strings.SplitSeq(query, "?") {
		if n > 0 {
			b.WriteString("$" + strconv.Itoa(n))
		}
		b.WriteString(part)
		n++
	}
	return b.String()
}
