package metadata

import (
	"database/sql"
	"strconv"
	"strings"
)

// dialect is what differs from one database to the other. Statements are written with ? for a parameter, and with the
// types below by name.
type dialect struct {
	payload   string             // {payload}: the type of JSON bytes
	serial    string             // {serial}: the type and key of an auto-incremented row number
	digest    string             // a sum over the ids of a group of rows; "" if it can be told whether others have written
	numbered  bool               // parameters are $1, $2, …
	isolation sql.IsolationLevel // of a transaction that writes
	transient func(error) bool   // whether a failed transaction may succeed on another try; nil: never
}

// sqlite is the dialect of a file, whose single writer never meets another.
var sqlite = dialect{payload: "BLOB", serial: "INTEGER PRIMARY KEY AUTOINCREMENT"}

// types puts the dialect's column types into a CREATE TABLE.
func (d dialect) types(statement string) string {
	return strings.NewReplacer("{payload}", d.payload, "{serial}", d.serial).Replace(statement)
}

// placeholders puts in the dialect's form of parameters.
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
