package segment

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"strings"
)

// descriptor is the JSON at the start of a column's file: ColumnDescriptor.
type descriptor struct {
	ValueType         Type   `json:"valueType"`
	HasMultipleValues bool   `json:"hasMultipleValues"`
	Parts             []part `json:"parts"`
}

// part is one ColumnPartSerde of a column. Columns that we write have one.
type part struct {
	Type      string          `json:"type"`
	Bitmaps   json.RawMessage `json:"bitmapSerdeFactory,omitempty"`
	ByteOrder string          `json:"byteOrder,omitempty"`
	TypeName  string          `json:"typeName,omitempty"`
}

const littleEndian = "LITTLE_ENDIAN"

func (p part) order() (binary.ByteOrder, error) {
	switch p.ByteOrder {
	case littleEndian:
		return binary.LittleEndian, nil
	case "BIG_ENDIAN":
		return binary.BigEndian, nil
	}
	return nil, fmt.Errorf("byte order %q", p.ByteOrder)
}

// appendColumn writes the file of one column.
func appendColumn(b []byte, e encoding, col Column) ([]byte, error) {
	desc := descriptor{ValueType: col.Type()}
	p := part{ByteOrder: littleEndian}
	var body []byte
	var err error
	switch c := col.(type) {
	case LongColumn:
		p.Type = "long"
		body, err = appendLongs(nil, e.metrics, c)
	case FloatColumn:
		p.Type = "float"
		body, err = appendFloats(nil, e.metrics, c)
	case DoubleColumn:
		p.Type = "double"
		body, err = appendDoubles(nil, e.metrics, c)
	case *StringColumn:
		desc.HasMultipleValues = c.HasMultipleValues()
		p.Type, p.Bitmaps = "stringDictionary", json.RawMessage(e.bitmaps.serde())
		body, err = appendDictionaryColumn(nil, e, c)
	case *ComplexColumn:
		p = part{Type: "complex", TypeName: c.TypeName}
		body = c.data
	}
	if err != nil {
		return nil, err
	}
	desc.Parts = []part{p}
	head, err := json.Marshal(desc)
	if err != nil {
		return nil, err
	}
	return append(putString(b, string(head)), body...), nil
}

// readColumn reads the file of one column. rows is the length of a column that does not
// record its own.
func readColumn(data []byte, rows int) (Column, error) {
	d := &decoder{buf: data}
	head := d.string()
	if d.err != nil {
		return nil, d.err
	}
	var desc descriptor
	if err := json.Unmarshal([]byte(head), &desc); err != nil {
		return nil, fmt.Errorf("descriptor %q: %w", head, err)
	}
	if len(desc.Parts) != 1 {
		return nil, fmt.Errorf("descriptor %q: %d parts, want 1", head, len(desc.Parts))
	}
	col, err := readPart(d, desc.Parts[0], rows)
	if err == nil {
		err = d.err
	}
	if err != nil {
		return nil, err
	}
	return col, nil
}

func readPart(d *decoder, p part, rows int) (Column, error) {
	if p.Type == "complex" {
		return &ComplexColumn{TypeName: p.TypeName, rows: rows, data: d.buf}, nil
	}
	order, err := p.order()
	if err != nil {
		return nil, err
	}
	numbers := numbersDecoder{d, order}
	switch p.Type {
	case "long":
		return LongColumn(numbers.longs()), nil
	case "float":
		return FloatColumn(numbers.floats()), nil
	case "double":
		return DoubleColumn(numbers.doubles()), nil
	case "longV2", "floatV2", "doubleV2":
		return readNullable(d, part{Type: strings.TrimSuffix(p.Type, "V2"), ByteOrder: p.ByteOrder}, rows)
	case "stringDictionary":
		format := bitmapFormat(concise{})
		if p.Bitmaps != nil && string(p.Bitmaps) != "null" {
			if format, err = parseBitmapFormat(p.Bitmaps); err != nil {
				return nil, err
			}
		}
		return dictionaryDecoder{intsDecoder{d, order}, format}.column()
	}
	return nil, fmt.Errorf("column part %q is not known", p.Type)
}

// readNullable reads a column of numbers with nulls, which Druid writes with
// useDefaultValueForNull off, and since 28 always: the numbers, preceded by their size,
// and the set of null rows. Null rows hold zeros, which is how the default mode reads
// them (LongNumericColumnPartSerdeV2 and its siblings).
func readNullable(d *decoder, numbers part, rows int) (Column, error) {
	inner := &decoder{buf: d.bytes(d.int32())}
	col, err := readPart(inner, numbers, rows)
	if err == nil {
		err = inner.err
	}
	return col, err
}
