package tomldoc

import "github.com/pelletier/go-toml/v2/unstable"

// position is where a value stands, in bytes from the start of the document. For a value without text of its own,
// such as an array of tables, both are the key's.
type position struct {
	key, value int
	quoted     bool // a string on one line, whose text begins after a quote
}

// positions finds where each value of a document stands, by the key of its path. It reads as far as the syntax is
// right.
func positions(data []byte) map[string]position {
	ix := index{at: map[string]position{}, tables: map[string]int{}}
	ix.parser.Reset(data)
	var table Path
	for ix.parser.NextExpression() {
		e := ix.parser.Expression()
		switch e.Kind {
		case unstable.Table, unstable.ArrayTable:
			table = ix.header(e)
		case unstable.KeyValue:
			ix.keyValue(table, e)
		}
	}
	return ix.at
}

type index struct {
	parser unstable.Parser
	at     map[string]position
	tables map[string]int // of each array of tables, how many have begun
}

// header records a [table] or [[table]] and returns where its keys belong.
func (ix *index) header(e *unstable.Node) Path {
	var path Path
	for keys := e.Key(); keys.Next(); {
		k := keys.Node()
		path = append(path, string(k.Data))
		ix.noteKey(path, k)
		if keys.IsLast() && e.Kind == unstable.ArrayTable {
			ix.tables[path.key()]++
		}
		if n := ix.tables[path.key()]; n > 0 {
			path = append(path, n-1)
			ix.noteKey(path, k)
		}
	}
	return path
}

func (ix *index) noteKey(path Path, k *unstable.Node) {
	if _, known := ix.at[path.key()]; !known {
		ix.at[path.key()] = position{key: int(k.Raw.Offset), value: int(k.Raw.Offset)}
	}
}

func (ix *index) keyValue(table Path, e *unstable.Node) {
	path := table.then()
	for keys := e.Key(); keys.Next(); {
		path = append(path, string(keys.Node().Data))
		ix.noteKey(path, keys.Node())
	}
	ix.value(path, e.Value())
}

// value records a value and everything in it.
func (ix *index) value(path Path, v *unstable.Node) {
	at := ix.at[path.key()]
	if v.Raw.Length > 0 {
		at.value = int(v.Raw.Offset)
		// Escapes would make the text longer than the string it stands for.
		at.quoted = v.Kind == unstable.String && int(v.Raw.Length) == len(v.Data)+2
	}
	ix.at[path.key()] = at
	switch v.Kind {
	case unstable.Array:
		n := 0
		for items := v.Children(); items.Next(); n++ {
			item := path.then(n)
			ix.at[item.key()] = at
			ix.value(item, items.Node())
		}
	case unstable.InlineTable:
		for items := v.Children(); items.Next(); {
			ix.keyValue(path, items.Node())
		}
	}
}
