package segment

import "slices"

// Longs written with longEncoding auto are offsets from the smallest value, or indexes
// into a table, in as few bits as the largest needs. They are read but never written.

// bitSizes are VSizeLongSerde.SUPPORTED_SIZES.
var bitSizes = []int{1, 2, 4, 8, 12, 16, 20, 24, 32, 40, 48, 56, 64}

const maxTable = 256

func (d numbersDecoder) packedLongs(h numbersHeader) []int64 {
	var base int64
	var table []int64
	bits := 0
	if v := d.byte(); v != 1 {
		d.fail("version %d of encoding %d", v, h.encoding)
	}
	switch h.encoding {
	case encodeDelta:
		base, bits = d.int64(), d.int32()
	case encodeTable:
		table = d.table()
		bits = bitsFor(len(table))
	default:
		d.fail("encoding %d of longs is not known", h.encoding)
	}
	if !slices.Contains(bitSizes, bits) {
		d.fail("values of %d bits", bits)
		return nil
	}
	values := d.packedValues(h, bits)
	for i, v := range values {
		switch {
		case table == nil:
			values[i] = base + v
		case v >= int64(len(table)):
			d.fail("value %d is entry %d of a table of %d", i, v, len(table))
			return nil
		default:
			values[i] = table[v]
		}
	}
	return values
}

func (d numbersDecoder) table() []int64 {
	table := make([]int64, d.count(8))
	if len(table) > maxTable {
		d.fail("a table of %d longs, at most %d are allowed", len(table), maxTable)
	}
	for i := range table {
		table[i] = d.int64()
	}
	return table
}

// bitsFor is VSizeLongSerde.getBitsForMax, which takes a count.
func bitsFor(n int) int {
	for _, bits := range bitSizes {
		if bits >= 63 || n <= 1<<bits {
			return bits
		}
	}
	return 64
}

func (d numbersDecoder) packedValues(h numbersHeader, bits int) []int64 {
	if h.compression == compressNone {
		return unpackBits(d.bytes((h.rows*bits+7)/8), bits, h.rows)
	}
	if h.perBlock <= 0 || h.perBlock > 8*blockBytes {
		d.fail("blocks of %d values", h.perBlock)
	}
	packed := d.generic()
	var values []int64
	scratch := make([]byte, blockBytes)
	for i := 0; len(values) < h.rows && d.err == nil; i++ {
		n := min(h.perBlock, h.rows-len(values))
		if i >= len(packed) {
			d.fail("%d blocks do not hold %d rows", len(packed), h.rows)
			break
		}
		block, err := h.compression.unpack(packed[i], scratch)
		if err != nil || len(block)*8 < n*bits {
			d.fail("block %d: %d bytes for %d values of %d bits (%v)", i, len(block), n, bits, err)
			break
		}
		values = append(values, unpackBits(block, bits, n)...)
	}
	return values
}

// unpackBits reads n values of the given number of bits, highest bit first.
func unpackBits(b []byte, bits, n int) []int64 {
	if len(b)*8 < n*bits {
		return nil
	}
	values := make([]int64, n)
	at := 0
	for i := range values {
		var v uint64
		for left := bits; left > 0; {
			take := min(left, 8-at%8)
			part := b[at/8] >> (8 - at%8 - take) & (1<<take - 1)
			v = v<<take | uint64(part)
			at += take
			left -= take
		}
		values[i] = int64(v)
	}
	return values
}
