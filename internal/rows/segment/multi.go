package segment

// appendPlainMulti writes VSizeColumnarMultiInts.
func appendPlainMulti(b []byte, ids, offsets []uint32, maxValue int) []byte {
	width := intWidth(maxValue)
	rows := len(offsets) - 1
	b = append(b, plainMultiVersion, byte(width))
	b = putInt32(b, 4+rows*4+len(ids)*width+4-width)
	b = putInt32(b, rows)
	for _, end := range offsets[1:] {
		b = putInt32(b, int(end)*width)
	}
	b = appendBigEndian(b, ids, width)
	return append(b, make([]byte, 4-width)...)
}

func (d intsDecoder) plainMulti() (ids, offsets []uint32) {
	d.version(plainMultiVersion)
	width := d.width()
	in := decoder{buf: d.bytes(d.int32()), err: d.err}
	rows := in.count(4)
	offsets = make([]uint32, 1, rows+1)
	for range rows {
		end := in.int32()
		if end%width != 0 || end < 0 {
			in.fail("a row ends at byte %d of %d-byte values", end, width)
		}
		offsets = append(offsets, uint32(end/width))
	}
	ids = fromBigEndian(in.bytes(int(offsets[rows])*width), width)
	d.err = in.err
	return ids, offsets
}

// appendMultiV3 writes V3CompressedVSizeColumnarMultiInts: where the rows start,
// followed by the number of values; then the values.
func appendMultiV3(b []byte, c compression, ids, offsets []uint32, maxValue int) ([]byte, error) {
	b, err := appendOffsets(append(b, multiV3Version), c, offsets)
	if err != nil {
		return nil, err
	}
	return appendCompressedInts(b, c, ids, maxValue)
}

func (d intsDecoder) multiV3() (ids, offsets []uint32) {
	d.version(multiV3Version)
	offsets = d.offsets()
	return d.compressedInts(), offsets
}

// multiV2 reads CompressedVSizeColumnarMultiInts, which older versions wrote: like V3,
// but with the offsets in the same form as the values.
func (d intsDecoder) multiV2() (ids, offsets []uint32) {
	d.version(2)
	offsets = d.compressedInts()
	return d.compressedInts(), offsets
}
