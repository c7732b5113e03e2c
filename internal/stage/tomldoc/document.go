package tomldoc

import (
	"bytes"
	"cmp"
	"errors"
	"reflect"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/pelletier/go-toml/v2"
)

// Document is a file that has been read, with the mistakes found so far. The zero Document has no text: its mistakes
// are known only by their paths.
type Document struct {
	file string
	data []byte
	at   map[string]position
	bad  map[string]bool
	root reflect.Type // of what the file is read into
	all  []Mistake

	broken bool // nothing could be read
}

// Read reads data into v, a pointer to a struct whose fields have toml tags. The document keeps what is wrong in
// data; everything else is in v.
func Read(file string, data []byte, v any) *Document {
	d := &Document{file: file, data: data, at: positions(data)}
	var values map[string]any
	if err := toml.Unmarshal(data, &values); err != nil {
		d.addError(err)
		d.broken = true
		return d
	}
	d.root = reflect.TypeOf(v).Elem()
	d.fit(nil, values, d.root)
	if len(d.all) > 0 {
		var err error
		if data, err = toml.Marshal(values); err != nil {
			d.addError(err)
			return d
		}
	}
	if err := toml.NewDecoder(bytes.NewReader(data)).DisallowUnknownFields().Decode(v); err != nil {
		d.addError(err)
	}
	return d
}

// Add records that the value at path is wrong. A value that already has a mistake, or is part of one that has, is not
// mentioned again: the second would follow from the first.
func (d *Document) Add(path Path, message string) { d.AddAt(path, 0, message) }

// AddAt is Add for a mistake inside a string, at a column in bytes from 1.
func (d *Document) AddAt(path Path, column int, message string) {
	d.add(path, message, func(at position) int {
		if at.quoted && column > 0 {
			return at.value + column
		}
		return at.value
	})
}

// AddKey is Add for a key that should not be there.
func (d *Document) AddKey(path Path, message string) {
	d.add(path, message, func(at position) int { return at.key })
}

func (d *Document) add(path Path, message string, offset func(position) int) {
	for n := range path {
		if d.bad[path[:n+1].key()] {
			return
		}
	}
	d.mark(path)
	m := Mistake{Path: path.String(), Message: message}
	if at, ok := d.locate(path); ok {
		d.place(&m, offset(at))
	}
	d.all = append(d.all, m)
}

// Has reports whether anything at the path or below it is wrong.
func (d *Document) Has(path Path) bool {
	prefix := path.key()
	for key := range d.bad {
		if strings.HasPrefix(key, prefix) {
			return true
		}
	}
	return false
}

// Sets reports whether the text gives the path a value, even a zero one.
func (d *Document) Sets(path Path) bool {
	_, found := d.at[path.key()]
	return found
}

// Mistakes are the mistakes in the order of the text.
func (d *Document) Mistakes() []Mistake {
	slices.SortStableFunc(d.all, func(a, b Mistake) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
	return d.all
}

func (d *Document) mark(path Path) {
	if d.bad == nil {
		d.bad = map[string]bool{}
	}
	d.bad[path.key()] = true
}

// locate is where the value stands or, if it is not in the text, the table that it is missing from.
func (d *Document) locate(path Path) (position, bool) {
	for n := len(path); n > 0; n-- {
		if at, ok := d.at[path[:n].key()]; ok {
			return at, true
		}
	}
	return position{}, d.data != nil
}

// place fills in the line, column and text for an offset.
func (d *Document) place(m *Mistake, offset int) {
	offset = min(offset, len(d.data))
	start := bytes.LastIndexByte(d.data[:offset], '\n') + 1
	line, _, _ := bytes.Cut(d.data[start:], []byte("\n"))
	m.File, m.Text = d.file, strings.TrimRight(string(line), "\r")
	m.Line = 1 + bytes.Count(d.data[:start], []byte("\n"))
	m.Column = 1 + utf8.RuneCount(d.data[start:offset])
}

// addError records an error of go-toml.
func (d *Document) addError(err error) {
	m := Mistake{Message: strings.TrimPrefix(err.Error(), "toml: ")}
	var decode *toml.DecodeError
	if errors.As(err, &decode) {
		line, column := decode.Position()
		d.place(&m, offsetOf(d.data, line)+column-1)
	}
	d.all = append(d.all, m)
}

// offsetOf is where a line begins.
func offsetOf(data []byte, line int) int {
	offset := 0
	for ; line > 1; line-- {
		n := bytes.IndexByte(data[offset:], '\n')
		if n < 0 {
			break
		}
		offset += n + 1
	}
	return offset
}

// Readable reports whether the document could be read at all, that is, whether its syntax is right.
func (d *Document) Readable() bool { return !d.broken }
