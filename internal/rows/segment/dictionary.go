package segment

import (
	"fmt"

	"github.com/RoaringBitmap/roaring/v2"
)

// Forms of a dictionary-encoded column: DictionaryEncodedColumnPartSerde.VERSION.
const (
	dictSingle     = 0 // uncompressed
	dictMulti      = 1 // uncompressed
	dictCompressed = 2 // flags follow
	dictFlags      = 3 // uncompressed, flags follow
)

// Flags: DictionaryEncodedColumnPartSerde.Feature.
const (
	flagMulti    = 1 << 0
	flagMultiV3  = 1 << 1
	flagNoBitmap = 1 << 2
)

// appendDictionaryColumn writes form, dictionary, values and bitmaps.
func appendDictionaryColumn(b []byte, e encoding, c *StringColumn) ([]byte, error) {
	b, err := appendDictionaryValues(b, e.dims, c)
	if err != nil {
		return nil, err
	}
	sets := make([][]byte, c.Cardinality())
	for id := range sets {
		if sets[id], err = e.bitmaps.encode(c.Bitmap(uint32(id))); err != nil {
			return nil, err
		}
	}
	return appendGeneric(b, false, sets), nil
}

func appendDictionaryValues(b []byte, pack compression, c *StringColumn) ([]byte, error) {
	multi := c.HasMultipleValues()
	switch {
	case pack == compressBlocks && multi:
		b = appendStrings(append(b, dictMulti), true, c.dict)
		return appendPlainMulti(b, c.ids, c.offsets, c.Cardinality()), nil
	case pack == compressBlocks:
		b = appendStrings(append(b, dictSingle), true, c.dict)
		return appendPlainInts(b, c.ids, c.Cardinality()), nil
	case multi:
		b = appendStrings(putInt32(append(b, dictCompressed), flagMultiV3), true, c.dict)
		return appendMultiV3(b, pack, c.ids, c.offsets, c.Cardinality())
	}
	b = appendStrings(putInt32(append(b, dictCompressed), 0), true, c.dict)
	return appendCompressedInts(b, pack, c.ids, c.Cardinality())
}

// dictionaryDecoder reads dictionary-encoded columns.
type dictionaryDecoder struct {
	intsDecoder
	format bitmapFormat
}

func (d dictionaryDecoder) column() (*StringColumn, error) {
	form, flags := d.byte(), 0
	switch {
	case form > dictFlags:
		return nil, fmt.Errorf("form %d of a dictionary column is not known", form)
	case form >= dictCompressed:
		flags = d.int32()
	case form == dictMulti:
		flags = flagMulti
	}
	dict := d.strings()
	ids, offsets := d.values(form, flags)
	var bitmaps []*roaring.Bitmap
	if flags&flagNoBitmap == 0 {
		bitmaps = d.bitmaps(rowCount(ids, offsets))
	}
	if d.err != nil {
		return nil, d.err
	}
	return newStringColumn(dict, ids, offsets, bitmaps)
}

func (d dictionaryDecoder) values(form byte, flags int) (ids, offsets []uint32) {
	compressed := form == dictCompressed
	switch {
	case compressed && flags&flagMulti != 0:
		return d.multiV2()
	case compressed && flags&flagMultiV3 != 0:
		return d.multiV3()
	case compressed:
		return d.compressedInts(), nil
	case flags&flagMulti != 0:
		return d.plainMulti()
	case flags&flagMultiV3 != 0:
		d.fail("flags %d do not fit form %d of a dictionary column", flags, form)
		return nil, nil
	}
	return d.plainInts(), nil
}

func rowCount(ids, offsets []uint32) int {
	if offsets == nil {
		return len(ids)
	}
	return max(len(offsets)-1, 0)
}

func (d dictionaryDecoder) bitmaps(rows int) []*roaring.Bitmap {
	raw := d.generic()
	sets := make([]*roaring.Bitmap, len(raw))
	for i, data := range raw {
		set, err := d.format.decode(data, rows)
		if err != nil {
			d.fail("bitmap %d: %w", i, err)
			return nil
		}
		sets[i] = set
	}
	return sets
}
