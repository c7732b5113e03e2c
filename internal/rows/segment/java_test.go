package segment

import (
	"bytes"
	"encoding/binary"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// The tests in this file read forms that Java writes and this package does not.

func TestStringsSortAsInJava(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := rapid.String().Draw(t, "a"), rapid.String().Draw(t, "b")
		want := slices.Compare(utf16.Encode([]rune(a)), utf16.Encode([]rune(b)))
		if got := CompareStrings(a, b); (got < 0) != (want < 0) || (got == 0) != (want == 0) {
			t.Errorf("CompareStrings(%q, %q): got %d, want %d", a, b, got, want)
		}
	})
	if CompareStrings("\uFFFD", "\U0001F600") <= 0 {
		t.Error("a character beyond the basic plane is not below U+FFFD")
	}
}

func TestLZFBlocksAreRead(t *testing.T) {
	plain := strings.Repeat("abcd", 20)
	cases := map[string][]byte{
		"raw chunk":      append([]byte{'Z', 'V', 0, 0, byte(len(plain))}, plain...),
		"back reference": append(append([]byte{'Z', 'V', 1, 0, 8, 0, byte(len(plain)), 3}, "abcd"...), 7<<5, byte(len(plain)-4-2-7), 3),
		"two chunks": append(append([]byte{'Z', 'V', 0, 0, 40}, plain[:40]...),
			append([]byte{'Z', 'V', 0, 0, 40}, plain[40:]...)...),
	}
	for name, packed := range cases {
		t.Run(name, func(t *testing.T) {
			got, err := compressLZF.unpack(packed, make([]byte, blockBytes))
			if err != nil {
				t.Fatal(err)
			}
			if string(got) != plain {
				t.Errorf("got %q, want %q", got, plain)
			}
		})
	}
}

func FuzzLZF(f *testing.F) {
	f.Add([]byte{'Z', 'V', 1, 0, 8, 0, 80, 3, 'a', 'b', 'c', 'd', 7 << 5, 67, 3})
	f.Fuzz(func(t *testing.T, packed []byte) {
		const limit = 1000
		out, err := unpackLZF(packed, make([]byte, limit))
		if err == nil && len(out) > limit {
			t.Errorf("%d bytes, at most %d were allowed", len(out), limit)
		}
	})
}

// packBits writes values in the given number of bits, highest bit first.
func packBits(values []uint64, size int) []byte {
	out := make([]byte, (len(values)*size+7)/8)
	for i, v := range values {
		for bit := range size {
			if v>>(size-1-bit)&1 != 0 {
				at := i*size + bit
				out[at/8] |= 0x80 >> (at % 8)
			}
		}
	}
	return append(out, 0, 0, 0, 0)
}

func TestLongsAsOffsetsAreRead(t *testing.T) {
	for _, size := range []int{1, 2, 4, 8, 12, 16, 20, 24, 32, 40, 48, 56} {
		offsets := make([]uint64, 50)
		want := make([]int64, len(offsets))
		for i := range offsets {
			offsets[i] = uint64(i*7919+i) & (1<<size - 1)
			want[i] = -1000 + int64(offsets[i])
		}
		b := []byte{numbersVersion}
		b = putInt32(b, len(want))
		b = putInt32(b, 0)
		b = append(b, 0x80, encodeDelta, 1) // NONE with the encoding flag
		b = putInt64(b, -1000)
		b = append(putInt32(b, size), packBits(offsets, size)...)
		d := &decoder{buf: b}
		got := numbersDecoder{d, binary.LittleEndian}.longs()
		if diff := cmp.Diff(want, got); diff != "" || d.err != nil {
			t.Errorf("%d bits: %v (-want +got):\n%s", size, d.err, diff)
		}
	}
}

func TestLongsFromATableAreReadInBlocks(t *testing.T) {
	table := []int64{5, -7, 1 << 60}
	want := []int64{5, 5, 1 << 60, -7, 5}
	b := []byte{numbersVersion}
	b = putInt32(b, len(want))
	b = putInt32(b, 4)
	b = append(b, 0x83, encodeTable, 1) // LZ4 with the encoding flag
	b = putInt32(b, len(table))
	for _, v := range table {
		b = putInt64(b, v)
	}
	var blocks [][]byte
	for _, ids := range [][]uint64{{0, 0, 2, 1}, {0}} {
		packed, err := compressLZ4.pack(packBits(ids, 2))
		if err != nil {
			t.Fatal(err)
		}
		blocks = append(blocks, packed)
	}
	d := &decoder{buf: appendGeneric(b, false, blocks)}
	got := numbersDecoder{d, binary.LittleEndian}.longs()
	if diff := cmp.Diff(want, got); diff != "" || d.err != nil {
		t.Errorf("%v (-want +got):\n%s", d.err, diff)
	}
}

// TestNullableNumbersAreRead reads a column that Druid 33.0.0 wrote: 6,784 times 1.
func TestNullableNumbersAreRead(t *testing.T) {
	data, err := os.ReadFile(filepath.Join("testdata", "java", "count-longV2-33.0.0"))
	if err != nil {
		t.Fatal(err)
	}
	col, err := readColumn(data, 6784)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(Column(LongColumn(slices.Repeat([]int64{1}, 6784))), col); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	for cut := range data {
		if col, err := readColumn(data[:cut], 6784); err == nil && col.Len() != 6784 {
			t.Errorf("cut at %d: got %d rows and no error", cut, col.Len())
		}
	}
}

func TestColumnWithoutBitmapsGetsThemOnUse(t *testing.T) {
	b := append(putInt32([]byte{dictFlags}, flagNoBitmap), appendStrings(nil, true, []string{"a", "b"})...)
	b = appendPlainInts(b, []uint32{0, 1, 0}, 2)
	d := &decoder{buf: b}
	c, err := dictionaryDecoder{intsDecoder{d, binary.LittleEndian}, concise{}}.column()
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]uint32{0, 2}, c.Bitmap(0).ToArray()); diff != "" {
		t.Errorf("rows of a differ (-want +got):\n%s", diff)
	}
}

func TestMultiValuesOfOlderVersionsAreRead(t *testing.T) {
	b := []byte{2}
	for _, list := range [][]uint32{{0, 2, 2, 3}, {1, 0, 1}} { // offsets, values
		var err error
		if b, err = appendCompressedInts(b, compressLZ4, list, 3); err != nil {
			t.Fatal(err)
		}
	}
	d := &decoder{buf: b}
	ids, offsets := intsDecoder{d, binary.LittleEndian}.multiV2()
	if d.err != nil || !slices.Equal(ids, []uint32{1, 0, 1}) || !slices.Equal(offsets, []uint32{0, 2, 2, 3}) {
		t.Errorf("got %v at %v (%v)", ids, offsets, d.err)
	}
}

func TestComplexColumnIsCarriedAsItIs(t *testing.T) {
	want := &ComplexColumn{TypeName: "hyperUnique", rows: 2, data: []byte{1, 2, 3}}
	s, err := New(day(t), []int64{1, 2}, nil, []Field{{"users", want}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	got, ok := reopened(t, s, IndexSpec{}).Column("users").(*ComplexColumn)
	if !ok || got.TypeName != want.TypeName || !bytes.Equal(got.data, want.data) || got.Len() != 2 {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

func TestIntsOfEveryWidthSurvive(t *testing.T) {
	for _, largest := range []int{200, 60_000, 70_000, 1 << 25} {
		values := make([]uint32, 40_000) // more than one block
		for i := range values {
			values[i] = uint32(i * 7919 % largest)
		}
		packed, err := appendCompressedInts(nil, compressLZ4, values, largest)
		if err != nil {
			t.Fatal(err)
		}
		forms := map[string]func() []uint32{
			"compressed": func() []uint32 { return intsDecoder{&decoder{buf: packed}, binary.LittleEndian}.compressedInts() },
			"plain": func() []uint32 {
				return intsDecoder{decoder: &decoder{buf: appendPlainInts(nil, values, largest)}}.plainInts()
			},
		}
		for name, form := range forms {
			if !slices.Equal(values, form()) {
				t.Errorf("%s ints up to %d are not the same after reading", name, largest)
			}
		}
	}
}
