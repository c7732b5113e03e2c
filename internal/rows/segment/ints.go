package segment

import "encoding/binary"

// Dictionary ids are stored in as few bytes as the largest one needs.

// intWidth is VSizeColumnarInts.getNumBytesForMax. Java passes it the number of
// dictionary entries, one more than the largest id.
func intWidth(maxValue int) int {
	switch {
	case maxValue <= 0xFF:
		return 1
	case maxValue <= 0xFFFF:
		return 2
	case maxValue <= 0xFFFFFF:
		return 3
	}
	return 4
}

// intsPerBlock is CompressedVSizeColumnarIntsSupplier.maxIntsInBufferForBytes:
// a power of two.
func intsPerBlock(width int) int {
	if width == 3 {
		return 16384
	}
	return blockBytes / width
}

const (
	plainIntsVersion      = 0 // VSizeColumnarInts
	plainMultiVersion     = 1 // VSizeColumnarMultiInts
	compressedIntsVersion = 2 // CompressedVSizeColumnarInts and CompressedColumnarInts
	multiV3Version        = 3 // V3CompressedVSizeColumnarMultiInts
)

func appendBigEndian(b []byte, values []uint32, width int) []byte {
	for _, v := range values {
		for shift := 8 * (width - 1); shift >= 0; shift -= 8 {
			b = append(b, byte(v>>shift))
		}
	}
	return b
}

func fromBigEndian(b []byte, width int) []uint32 {
	values := make([]uint32, len(b)/width)
	for i := range values {
		for _, x := range b[i*width : (i+1)*width] {
			values[i] = values[i]<<8 | uint32(x)
		}
	}
	return values
}

func appendLittleEndian(b []byte, values []uint32, width int) []byte {
	for _, v := range values {
		for range width {
			b = append(b, byte(v))
			v >>= 8
		}
	}
	return b
}

func fromLittleEndian(b []byte, width int) []uint32 {
	values := make([]uint32, len(b)/width)
	for i := range values {
		for j := width - 1; j >= 0; j-- {
			values[i] = values[i]<<8 | uint32(b[i*width+j])
		}
	}
	return values
}

// appendPlainInts writes VSizeColumnarInts, padded so that Java may read an int at the
// last value.
func appendPlainInts(b []byte, values []uint32, maxValue int) []byte {
	width := intWidth(maxValue)
	b = append(b, plainIntsVersion, byte(width))
	b = putInt32(b, len(values)*width+4-width)
	b = appendBigEndian(b, values, width)
	return append(b, make([]byte, 4-width)...)
}

// intsDecoder reads lists of ints. The order applies to compressed lists; plain ones
// are always big-endian.
type intsDecoder struct {
	*decoder
	order binary.ByteOrder
}

func (d intsDecoder) plainInts() []uint32 {
	d.version(plainIntsVersion)
	width := d.width()
	data := d.bytes(d.int32())
	n := (len(data) - (4 - width)) / width
	if d.err != nil || n < 0 {
		return nil
	}
	return fromBigEndian(data[:n*width], width)
}

// appendCompressedInts writes CompressedVSizeColumnarInts.
func appendCompressedInts(b []byte, c compression, values []uint32, maxValue int) ([]byte, error) {
	width := intWidth(maxValue)
	per := intsPerBlock(width)
	b = append(b, compressedIntsVersion, byte(width))
	b = putInt32(b, len(values))
	b = putInt32(b, per)
	b = append(b, byte(c))
	return appendBlocks(b, c, per*width, appendLittleEndian(nil, values, width))
}

func (d intsDecoder) compressedInts() []uint32 {
	d.version(compressedIntsVersion)
	width := d.width()
	count, per := d.int32(), d.int32()
	data := d.blocks(compression(d.byte()), count, per, width)
	return d.unpack(data, width)
}

// unpack splits data into ints of width bytes.
func (d intsDecoder) unpack(data []byte, width int) []uint32 {
	if d.order == binary.BigEndian {
		return fromBigEndian(data, width)
	}
	return fromLittleEndian(data, width)
}

// appendOffsets writes CompressedColumnarInts, which are always four bytes wide.
func appendOffsets(b []byte, c compression, values []uint32) ([]byte, error) {
	const per = blockBytes / 4
	b = append(b, compressedIntsVersion)
	b = putInt32(b, len(values))
	b = putInt32(b, per)
	b = append(b, byte(c))
	return appendBlocks(b, c, blockBytes, appendLittleEndian(nil, values, 4))
}

func (d intsDecoder) offsets() []uint32 {
	d.version(compressedIntsVersion)
	count, per := d.int32(), d.int32()
	return d.unpack(d.blocks(compression(d.byte()), count, per, 4), 4)
}

func (d intsDecoder) version(want byte) {
	if v := d.byte(); v != want {
		d.fail("version %d of a list of ints, want %d", v, want)
	}
}

func (d intsDecoder) width() int {
	w := int(d.byte())
	if w < 1 || w > 4 {
		d.fail("ints of %d bytes", w)
		return 1
	}
	return w
}
