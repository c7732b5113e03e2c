package segment

import (
	"fmt"
	"math/bits"

	"github.com/RoaringBitmap/roaring/v2"
)

// concise is the format of ImmutableConciseSet: 32-bit words that stand for blocks of
// 31 rows. A literal has its top bit set and the rows below it. A fill stands for 1 +
// its low 25 bits blocks, of ones when bit 30 is set; bits 25 to 29, when not zero, are
// 1 + the position of the one bit in its first block that differs.
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

// literal appends one block, merged into a fill where possible.
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

// zeros appends blocks without rows: a few as literals, which may form a fill, and the
// rest by raising the fill's count.
func (w *conciseWriter) zeros(blocks uint32) {
	for blocks > 0 {
		w.literal(conciseLiteral)
		blocks--
		last := &w.words[len(w.words)-1]
		if *last&(conciseLiteral|conciseOneFill) == 0 {
			more := min(blocks, conciseCount-*last&conciseCount)
			*last += more
			blocks -= more
		}
	}
}

func (concise) decode(data []byte, rows int) (*roaring.Bitmap, error) {
	if len(data)%4 != 0 {
		return nil, fmt.Errorf("concise: %d bytes are not whole words", len(data))
	}
	b := roaring.New()
	row, limit := uint64(0), uint64(rows)
	for ; len(data) > 0; data = data[4:] {
		word := be.Uint32(data)
		set, end := conciseSet(word, row)
		if set.end() > limit {
			return nil, fmt.Errorf("concise: row %d is set, there are %d", set.end()-1, rows)
		}
		set.addTo(b)
		row = end
	}
	return b, nil
}

// conciseRun is what one word adds to a set: a run of rows except one, and single rows.
type conciseRun struct {
	from, to uint64
	without  uint64 // conciseNone for none
	literal  uint32 // rows from on
	base     uint64 // of the literal
}

const conciseNone = ^uint64(0)

// conciseSet reads the word whose first block starts at row; end is where the next
// word's does.
func conciseSet(word uint32, row uint64) (set conciseRun, end uint64) {
	set = conciseRun{without: conciseNone, base: row}
	if word&conciseLiteral != 0 {
		set.literal = word &^ conciseLiteral
		return set, row + conciseRows
	}
	end = row + (1+uint64(word&conciseCount))*conciseRows
	flipped := word >> 25 & 0x1F
	switch {
	case word&conciseOneFill != 0:
		set.from, set.to = row, end
		if flipped != 0 {
			set.without = row + uint64(flipped) - 1
		}
	case flipped != 0:
		set.literal = 1 << (flipped - 1)
	}
	return set, end
}

// end returns one more than the highest row.
func (s conciseRun) end() uint64 {
	if s.literal != 0 {
		return s.base + uint64(bits.Len32(s.literal))
	}
	return s.to
}

func (s conciseRun) addTo(b *roaring.Bitmap) {
	b.AddRange(s.from, s.to)
	if s.without != conciseNone {
		b.Remove(uint32(s.without))
	}
	for rest := s.literal; rest != 0; rest &= rest - 1 {
		b.Add(uint32(s.base) + uint32(bits.TrailingZeros32(rest)))
	}
}
