package segment

import (
	"fmt"
	"math/bits"

	"github.com/RoaringBitmap/roaring/v2"
)

// concise is the format of ImmutableConciseSet: 32-bit words that stand for
// blocks of 31 rows. A literal has the top bit set and the rows below it. A
// fill stands for 1 + its low 25 bits blocks, of ones when bit 30 is set; bits
// 25 to 29, when not zero, are 1 + the place of the one bit in its first block
// that differs.
type concise struct{}

const (
	conciseRows    = 31
	conciseLiteral = 0x8000_0000
	conciseOnes    = 0xFFFF_FFFF // a literal of ones
	conciseOneFill = 0x4000_0000
	conciseCount   = 0x01FF_FFFF
)

func (concise) serde() string { return `{"type":"concise"}` }

func (concise) encode(b *roaring.Bitmap) ([]byte, error) {
	var w conciseWriter
	block, word := uint32(0), uint32(conciseLiteral)
	for it := b.Iterator(); it.HasNext(); {
		row := it.Next()
		if at := row / conciseRows; at != block {
			w.literal(word)
			w.zeros(at - block - 1)
			block, word = at, conciseLiteral
		}
		word |= 1 << (row % conciseRows)
	}
	if word != conciseLiteral {
		w.literal(word)
	}
	out := make([]byte, 0, 4*len(w.words))
	for _, v := range w.words {
		out = be.AppendUint32(out, v)
	}
	return out, nil
}

// conciseWriter builds the words in the canonical form of ConciseSet.append.
type conciseWriter struct{ words []uint32 }

// literal appends one block and makes it a part of a fill where it can be.
func (w *conciseWriter) literal(word uint32) {
	if word != conciseLiteral && word != conciseOnes || len(w.words) == 0 {
		w.words = append(w.words, word)
		return
	}
	fill := uint32(0)
	if word == conciseOnes {
		fill = conciseOneFill
	}
	last := &w.words[len(w.words)-1]
	differing := (*last ^ word) &^ conciseLiteral
	switch {
	case *last == word:
		*last = fill | 1
	case *last&(conciseLiteral|conciseOneFill) == fill && *last&conciseCount < conciseCount:
		*last++
	case *last&conciseLiteral != 0 && bits.OnesCount32(differing) == 1:
		*last = fill | 1 | uint32(1+bits.TrailingZeros32(differing))<<25
	default:
		w.words = append(w.words, word)
	}
}

func (w *conciseWriter) zeros(blocks uint32) {
	for range min(blocks, 2) {
		w.literal(conciseLiteral)
	}
	if blocks > 2 { // the last word is a fill of zeros now
		last := &w.words[len(w.words)-1]
		*last += blocks - 2
	}
}

// decode refuses sets with more rows than a segment can have.
func (concise) decode(data []byte) (*roaring.Bitmap, error) {
	if len(data)%4 != 0 {
		return nil, fmt.Errorf("concise: %d bytes are not whole words", len(data))
	}
	b := roaring.New()
	row := uint64(0)
	for ; len(data) > 0; data = data[4:] {
		word := be.Uint32(data)
		blocks := uint64(1)
		if word&conciseLiteral == 0 {
			blocks += uint64(word & conciseCount)
		}
		if row+blocks*conciseRows > 1<<32 {
			return nil, fmt.Errorf("concise: more rows than 32 bits can number")
		}
		addConcise(b, row, blocks, word)
		row += blocks * conciseRows
	}
	return b, nil
}

func addConcise(b *roaring.Bitmap, row, blocks uint64, word uint32) {
	if word&conciseLiteral != 0 {
		for rest := word &^ conciseLiteral; rest != 0; rest &= rest - 1 {
			b.Add(uint32(row) + uint32(bits.TrailingZeros32(rest)))
		}
		return
	}
	ones := word&conciseOneFill != 0
	if ones {
		b.AddRange(row, row+blocks*conciseRows)
	}
	flipped := word >> 25 & 0x1F
	if flipped == 0 {
		return
	}
	if at := uint32(row) + flipped - 1; ones {
		b.Remove(at)
	} else {
		b.Add(at)
	}
}
