package segment

import (
	"fmt"
	"slices"
	"sync"
	"unicode/utf8"

	"github.com/RoaringBitmap/roaring/v2"
)

// StringColumn is a dictionary-encoded column with one or several values per row. The
// empty string is Druid's null: its default mode has no other.
type StringColumn struct {
	dict    []string
	ids     []uint32 // of all rows, end to end
	offsets []uint32 // row r has ids[offsets[r]:offsets[r+1]]; nil when every row has one

	index   sync.Once
	bitmaps []*roaring.Bitmap // per id; from the file, or made on first use
}

// NewStringColumn encodes one value per row.
func NewStringColumn(values []string) *StringColumn {
	c := &StringColumn{ids: make([]uint32, len(values))}
	ids := c.buildDictionary(slices.Values(values))
	for i, v := range values {
		c.ids[i] = ids[v]
	}
	return c
}

// NewMultiStringColumn encodes any number of values per row. If every row has exactly
// one, the column is that of NewStringColumn. A row without values counts as having the
// null, which is then in the dictionary.
func NewMultiStringColumn(rows [][]string) *StringColumn {
	single, empty := true, false
	var flat []string
	offsets := make([]uint32, 1, len(rows)+1)
	for _, row := range rows {
		single = single && len(row) == 1
		empty = empty || len(row) == 0
		flat = append(flat, row...)
		offsets = append(offsets, uint32(len(flat)))
	}
	if empty {
		flat = append(flat, "") // only for the dictionary
	}
	c := NewStringColumn(flat)
	c.ids = c.ids[:offsets[len(rows)]]
	if !single {
		c.offsets = offsets
	}
	return c
}

func (c *StringColumn) buildDictionary(values func(func(string) bool)) map[string]uint32 {
	ids := make(map[string]uint32)
	for v := range values {
		ids[v] = 0
	}
	c.dict = make([]string, 0, len(ids))
	for v := range ids {
		c.dict = append(c.dict, v)
	}
	slices.SortFunc(c.dict, CompareStrings)
	for i, v := range c.dict {
		ids[v] = uint32(i)
	}
	return ids
}

// newStringColumn checks what was read from a file.
func newStringColumn(dict []string, ids, offsets []uint32, bitmaps []*roaring.Bitmap) (*StringColumn, error) {
	for i := 1; i < len(dict); i++ {
		if CompareStrings(dict[i-1], dict[i]) >= 0 {
			return nil, fmt.Errorf("dictionary entry %d (%q) is not above %q", i, dict[i], dict[i-1])
		}
	}
	for i, id := range ids {
		if int(id) >= len(dict) {
			return nil, fmt.Errorf("value %d is %d, the dictionary has %d entries", i, id, len(dict))
		}
	}
	if err := checkOffsets(offsets, len(ids)); err != nil {
		return nil, err
	}
	c := &StringColumn{dict: dict, ids: ids, offsets: offsets, bitmaps: bitmaps}
	if bitmaps != nil && len(bitmaps) != len(dict) {
		return nil, fmt.Errorf("%d bitmaps for %d dictionary entries", len(bitmaps), len(dict))
	}
	return c, nil
}

func checkOffsets(offsets []uint32, values int) error {
	if offsets == nil {
		return nil
	}
	if len(offsets) == 0 || offsets[0] != 0 || int(offsets[len(offsets)-1]) != values {
		return fmt.Errorf("row offsets do not span the %d values", values)
	}
	if !slices.IsSorted(offsets) {
		return fmt.Errorf("row offsets go back")
	}
	return nil
}

// Type is String.
func (c *StringColumn) Type() Type { return String }

// Len is the number of rows.
func (c *StringColumn) Len() int {
	return rowCount(c.ids, c.offsets)
}

// HasMultipleValues reports whether some row has more or fewer values than one.
func (c *StringColumn) HasMultipleValues() bool { return c.offsets != nil }

// Cardinality is the number of distinct values, including null.
func (c *StringColumn) Cardinality() int { return len(c.dict) }

// Value returns the value with a dictionary id; ids ascend with the values.
func (c *StringColumn) Value(id uint32) string { return c.dict[id] }

// ID returns the dictionary id of a value, if it occurs.
func (c *StringColumn) ID(value string) (uint32, bool) {
	i, ok := slices.BinarySearchFunc(c.dict, value, CompareStrings)
	return uint32(i), ok
}

// Row returns the ids of one row. The slice must not be changed.
func (c *StringColumn) Row(row int) []uint32 {
	if c.offsets == nil {
		return c.ids[row : row+1]
	}
	return c.ids[c.offsets[row]:c.offsets[row+1]]
}

// Strings returns the values of one row.
func (c *StringColumn) Strings(row int) []string {
	ids := c.Row(row)
	values := make([]string, len(ids))
	for i, id := range ids {
		values[i] = c.dict[id]
	}
	return values
}

// Bitmap returns the rows that have the value with an id. It must not be changed.
func (c *StringColumn) Bitmap(id uint32) *roaring.Bitmap {
	c.index.Do(c.buildBitmaps)
	return c.bitmaps[id]
}

func (c *StringColumn) buildBitmaps() {
	if c.bitmaps != nil {
		return
	}
	rows := make([][]uint32, len(c.dict))
	for r := range c.Len() {
		ids := c.Row(r)
		if len(ids) == 0 && len(c.dict) > 0 && c.dict[0] == "" {
			rows[0] = append(rows[0], uint32(r))
		}
		for _, id := range ids {
			if n := len(rows[id]); n == 0 || rows[id][n-1] != uint32(r) {
				rows[id] = append(rows[id], uint32(r))
			}
		}
	}
	c.bitmaps = make([]*roaring.Bitmap, len(c.dict))
	for id, set := range rows {
		c.bitmaps[id] = roaring.New()
		c.bitmaps[id].AddMany(set)
	}
}

// onlyNull reports whether the column is not worth a file: Java skips such a dimension.
func (c *StringColumn) onlyNull() bool {
	return len(c.dict) == 0 || len(c.dict) == 1 && c.dict[0] == ""
}

// CompareStrings orders strings as Java does, by their UTF-16 code units. That is byte
// order except for characters beyond the basic plane, which sort below U+E000 to
// U+FFFF.
func CompareStrings(a, b string) int {
	for i := 0; i < len(a) && i < len(b); i++ {
		if a[i] != b[i] {
			return compareAt(a, b, i)
		}
	}
	return len(a) - len(b)
}

// compareAt compares at the first differing byte. Byte order is wrong only when one
// side is at a four-byte sequence and the other at U+E000 or above.
func compareAt(a, b string, i int) int {
	byBytes := int(a[i]) - int(b[i])
	if a[i] < 0xEE || b[i] < 0xEE || (a[i] >= 0xF0) == (b[i] >= 0xF0) {
		return byBytes
	}
	if !utf8.RuneStart(a[i]) || !utf8.RuneStart(b[i]) {
		return byBytes
	}
	return -byBytes
}
