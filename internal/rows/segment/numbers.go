package segment

import (
	"encoding/binary"
	"math"
)

// Columns of numbers start with a version, the number of rows, the number of values per
// block and the compression: CompressionFactory.

const (
	numbersLZF     = 1 // always LZF, without a compression byte
	numbersVersion = 2
)

// appendNumbers writes the rows in data, width bytes each, little-endian.
func appendNumbers(b []byte, c compression, rows, width int, data []byte) ([]byte, error) {
	b = append(b, numbersVersion)
	b = putInt32(b, rows)
	if c == compressNone {
		b = putInt32(b, 0)
		b = append(b, byte(c))
		return append(b, data...), nil
	}
	b = putInt32(b, blockBytes/width)
	b = append(b, byte(c))
	return appendBlocks(b, c, blockBytes, data)
}

func appendLongs(b []byte, c compression, values []int64) ([]byte, error) {
	data := make([]byte, 0, 8*len(values))
	for _, v := range values {
		data = binary.LittleEndian.AppendUint64(data, uint64(v))
	}
	return appendNumbers(b, c, len(values), 8, data)
}

func appendDoubles(b []byte, c compression, values []float64) ([]byte, error) {
	data := make([]byte, 0, 8*len(values))
	for _, v := range values {
		data = binary.LittleEndian.AppendUint64(data, math.Float64bits(v))
	}
	return appendNumbers(b, c, len(values), 8, data)
}

func appendFloats(b []byte, c compression, values []float32) ([]byte, error) {
	data := make([]byte, 0, 4*len(values))
	for _, v := range values {
		data = binary.LittleEndian.AppendUint32(data, math.Float32bits(v))
	}
	return appendNumbers(b, c, len(values), 4, data)
}

// numbersHeader is what precedes the values.
type numbersHeader struct {
	rows, perBlock int
	compression    compression
	encoding       byte
}

// Encodings of longs: LongEncodingFormat.
const (
	encodeDelta byte = 0x00
	encodeTable byte = 0x01
	encodeLongs byte = 0xFF
)

// numbersDecoder reads columns of numbers.
type numbersDecoder struct {
	*decoder
	order binary.ByteOrder
}

func (d numbersDecoder) header() numbersHeader {
	version := d.byte()
	h := numbersHeader{rows: d.int32(), perBlock: d.int32(), encoding: encodeLongs}
	switch version {
	case numbersLZF:
		h.compression = compressLZF
	case numbersVersion:
		// A number below NONE says that an encoding follows, and is 126 too small.
		if c := int8(d.byte()); c < -2 {
			h.compression, h.encoding = compression(c+126), d.byte()
		} else {
			h.compression = compression(c)
		}
	default:
		d.fail("version %d of a list of numbers, want 1 or 2", version)
	}
	if h.rows < 0 {
		d.fail("%d rows", h.rows)
	}
	return h
}

// plain reads the rows' values of width bytes each.
func (d numbersDecoder) plain(h numbersHeader, width int) []byte {
	if h.compression == compressNone {
		return d.bytes(h.rows * width)
	}
	return d.blocks(h.compression, h.rows, h.perBlock, width)
}

func (d numbersDecoder) longs() []int64 {
	h := d.header()
	if h.encoding != encodeLongs {
		return d.packedLongs(h)
	}
	data := d.plain(h, 8)
	values := make([]int64, len(data)/8)
	for i := range values {
		values[i] = int64(d.order.Uint64(data[8*i:]))
	}
	return values
}

func (d numbersDecoder) doubles() []float64 {
	data := d.plain(d.header(), 8)
	values := make([]float64, len(data)/8)
	for i := range values {
		values[i] = math.Float64frombits(d.order.Uint64(data[8*i:]))
	}
	return values
}

func (d numbersDecoder) floats() []float32 {
	data := d.plain(d.header(), 4)
	values := make([]float32, len(data)/4)
	for i := range values {
		values[i] = math.Float32frombits(d.order.Uint32(data[4*i:]))
	}
	return values
}
