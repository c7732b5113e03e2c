package segment

import (
	"testing"

	"github.com/RoaringBitmap/roaring/v2"
	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func words(data []byte) []uint32 {
	out := make([]uint32, 0, len(data)/4)
	for ; len(data) > 0; data = data[4:] {
		out = append(out, be.Uint32(data))
	}
	return out
}

// TestConciseIsCanonical has sets whose words were worked out from the rules of
// ConciseSet.append.
func TestConciseIsCanonical(t *testing.T) {
	span := func(from, to uint64) *roaring.Bitmap {
		b := roaring.New()
		b.AddRange(from, to)
		return b
	}
	cases := []struct {
		name string
		set  *roaring.Bitmap
		want []uint32
	}{
		{"nothing", roaring.New(), []uint32{}},
		{"first row", roaring.BitmapOf(0), []uint32{0x8000_0001}},
		{"row of the second block", roaring.BitmapOf(31), []uint32{0x8000_0000, 0x8000_0001}},
		{"row of the third block", roaring.BitmapOf(62), []uint32{0x0000_0001, 0x8000_0001}},
		{"row of the hundredth block", roaring.BitmapOf(99 * 31), []uint32{98, 0x8000_0001}},
		{"one full block", span(0, 31), []uint32{0xFFFF_FFFF}},
		{"three full blocks", span(0, 93), []uint32{0x4000_0002}},
		{"one row, then far off", roaring.BitmapOf(3, 62), []uint32{0x0800_0001, 0x8000_0001}},
		{"two rows, then far off", roaring.BitmapOf(3, 4, 93), []uint32{0x8000_0018, 1, 0x8000_0001}},
		{"all but one row of the first block", span(1, 93), []uint32{0x4200_0002}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			data, err := concise{}.encode(c.set)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, words(data)); diff != "" {
				t.Errorf("words differ (-want +got):\n%s", diff)
			}
		})
	}
}

func rowSets(t *rapid.T) *roaring.Bitmap {
	b := roaring.New()
	for range rapid.IntRange(0, 6).Draw(t, "runs") {
		from := rapid.Uint64Range(0, 70_000).Draw(t, "from")
		b.AddRange(from, from+rapid.Uint64Range(1, 2_000).Draw(t, "length"))
	}
	for range rapid.IntRange(0, 40).Draw(t, "single rows") {
		b.Add(rapid.Uint32Range(0, 70_000).Draw(t, "row"))
	}
	for range rapid.IntRange(0, 5).Draw(t, "holes") {
		b.Remove(rapid.Uint32Range(0, 70_000).Draw(t, "hole"))
	}
	return b
}

func TestBitmapsSurviveTheirFormats(t *testing.T) {
	for _, format := range []bitmapFormat{concise{}, roaringRuns{}} {
		t.Run(format.serde(), func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				want := rowSets(t)
				data, err := format.encode(want)
				if err != nil {
					t.Fatal(err)
				}
				got, err := format.decode(data, fuzzRows)
				if err != nil {
					t.Fatalf("decode: %v", err)
				}
				if !got.Equals(want) {
					t.Errorf("got %v, want %v", got, want)
				}
			})
		})
	}
}

func TestDecodeOfFlippedBitsInFills(t *testing.T) {
	cases := []struct {
		name string
		word uint32
		want func() *roaring.Bitmap
	}{
		{"zeros with row 0", 1<<25 | 1, func() *roaring.Bitmap { return roaring.BitmapOf(0) }},
		{"zeros with row 30", 31<<25 | 5, func() *roaring.Bitmap { return roaring.BitmapOf(30) }},
		{"ones without row 2", conciseOneFill | 3<<25 | 1, func() *roaring.Bitmap {
			b := roaring.New()
			b.AddRange(0, 62)
			b.Remove(2)
			return b
		}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			got, err := concise{}.decode(be.AppendUint32(nil, c.word), 1000)
			if err != nil {
				t.Fatal(err)
			}
			if want := c.want(); !got.Equals(want) {
				t.Errorf("got %v, want %v", got, want)
			}
		})
	}
}

// fuzzRows is the number of rows of the segments that sets are read for.
const fuzzRows = 1 << 20

func TestSetsBeyondTheRowsAreRefused(t *testing.T) {
	set := roaring.BitmapOf(1, 2, 3, 500)
	set.AddRange(31, 124)
	for _, format := range []bitmapFormat{concise{}, roaringRuns{}} {
		data, err := format.encode(set)
		if err != nil {
			t.Fatal(err)
		}
		for rows, want := range map[int]bool{501: true, 500: false, 100: false, 0: false} {
			if _, err := format.decode(data, rows); (err == nil) != want {
				t.Errorf("%s: row 500 of %d: got error %v", format.serde(), rows, err)
			}
		}
	}
}

func FuzzBitmaps(f *testing.F) {
	for _, format := range []bitmapFormat{concise{}, roaringRuns{}} {
		data, err := format.encode(roaring.BitmapOf(1, 2, 3, 100, 70_000))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Add([]byte{0x41, 0xFF, 0xFF, 0xFF, 0x41, 0xFF, 0xFF, 0xFF})
	f.Fuzz(func(t *testing.T, data []byte) {
		for _, format := range []bitmapFormat{concise{}, roaringRuns{}} {
			b, err := format.decode(data, fuzzRows)
			if err != nil {
				continue
			}
			again, err := format.encode(b)
			if err != nil {
				t.Fatalf("%s: encode what was decoded: %v", format.serde(), err)
			}
			if back, err := format.decode(again, fuzzRows); err != nil || !back.Equals(b) {
				t.Fatalf("%s: %v became %v (%v)", format.serde(), b, back, err)
			}
		}
	})
}
