package segment

import (
	"fmt"
	"sync"

	"github.com/pierrec/lz4/v4"
)

// compression is how the blocks of a column are packed: CompressionStrategy, by its
// number in the file.
type compression byte

const (
	compressLZF    compression = 0x00
	compressLZ4    compression = 0x01
	compressBlocks compression = 0xFF // blocks, but not compressed: UNCOMPRESSED
	compressNone   compression = 0xFE // no blocks at all: NONE
)

// blockBytes is the size of a block before compression: CompressedPools.
const blockBytes = 0x10000

// compressors and scratches are reused, since each is tens of kilobytes.
var (
	compressors = sync.Pool{New: func() any { return new(lz4.Compressor) }}
	scratches   = sync.Pool{New: func() any { return new([blockBytes + 3]byte) }} // Java pads 3-byte values
)

func (c compression) pack(block []byte) ([]byte, error) {
	if c != compressLZ4 {
		return block, nil
	}
	out := make([]byte, lz4.CompressBlockBound(len(block)))
	z := compressors.Get().(*lz4.Compressor)
	defer compressors.Put(z)
	n, err := z.CompressBlock(block, out)
	if err != nil {
		return nil, fmt.Errorf("lz4: %w", err)
	}
	return out[:n], nil
}

// unpack decompresses a block of at most len(into) bytes.
func (c compression) unpack(packed, into []byte) ([]byte, error) {
	switch c {
	case compressLZ4:
		n, err := lz4.UncompressBlock(packed, into)
		if err != nil {
			return nil, fmt.Errorf("lz4: %w", err)
		}
		return into[:n], nil
	case compressLZF:
		return unpackLZF(packed, into)
	case compressBlocks:
		if len(packed) > len(into) {
			return nil, fmt.Errorf("a block of %d bytes, at most %d are allowed", len(packed), len(into))
		}
		return packed, nil
	}
	return nil, fmt.Errorf("unknown compression %#x", byte(c))
}

// appendBlocks cuts data into blocks of size bytes and writes them, packed, as a
// generic indexed.
func appendBlocks(b []byte, c compression, size int, data []byte) ([]byte, error) {
	var blocks [][]byte
	for len(data) > 0 {
		n := min(size, len(data))
		packed, err := c.pack(data[:n])
		if err != nil {
			return nil, err
		}
		blocks = append(blocks, packed)
		data = data[n:]
	}
	return appendGeneric(b, false, blocks), nil
}

// blocks reads what appendBlocks wrote: count values of width bytes, perBlock of them
// in every block but the last.
func (d *decoder) blocks(c compression, count, perBlock, width int) []byte {
	if perBlock <= 0 || perBlock > blockBytes || count < 0 {
		d.fail("%d values in blocks of %d", count, perBlock)
	}
	packed := d.generic()
	if d.err != nil {
		return nil
	}
	if want := (count + perBlock - 1) / perBlock; len(packed) < want {
		d.fail("%d blocks, want %d", len(packed), want)
		return nil
	}
	var data []byte
	whole := scratches.Get().(*[blockBytes + 3]byte)
	defer scratches.Put(whole)
	scratch := whole[:min(blockBytes, perBlock*width)+3]
	for i := 0; len(data) < count*width; i++ {
		want := min(perBlock*width, count*width-len(data))
		block, err := c.unpack(packed[i], scratch)
		if err == nil && len(block) < want {
			err = fmt.Errorf("%d bytes, want %d", len(block), want)
		}
		if err != nil {
			d.fail("block %d: %w", i, err)
			return nil
		}
		data = append(data, block[:want]...)
	}
	return data
}
