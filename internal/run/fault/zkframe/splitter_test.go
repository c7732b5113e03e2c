package zkframe_test

import (
	"bytes"
	"encoding/binary"
	"math/rand/v2"
	"testing"

	"oakmoot/internal/run/fault/zkframe"
)

// seen is what a splitter has found.
type seen struct {
	bytes  []byte // all of them, as they were sent on
	heads  [][]byte
	frames [][]byte
}

func (s *seen) Head(head []byte) { s.heads = append(s.heads, bytes.Clone(head)) }
func (s *seen) Pass(p []byte)    { s.bytes = append(s.bytes, p...) }
func (s *seen) Frame(frame []byte) {
	s.frames = append(s.frames, frame)
	s.bytes = append(s.bytes, frame...)
}

func frame(n int) []byte {
	f := binary.BigEndian.AppendUint32(nil, uint32(n))
	for i := range n {
		f = append(f, byte(i))
	}
	return f
}

func TestFramesAreFoundWhateverTheChunks(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for range 2000 {
		var all []byte
		var want [][]byte
		for range 1 + rng.IntN(6) {
			f := frame(rng.IntN(100))
			want = append(want, f)
			all = append(all, f...)
		}
		var s zkframe.Splitter
		var got seen
		gatherFrom := rng.IntN(2 * len(all)) // often never
		for rest := all; len(rest) > 0; {
			s.Gather = len(all)-len(rest) >= gatherFrom
			n := 1 + rng.IntN(len(rest))
			s.Split(rest[:n], &got)
			rest = rest[n:]
		}
		if !bytes.Equal(got.bytes, all) {
			t.Fatalf("bytes were changed:\n got %x\nwant %x", got.bytes, all)
		}
		if len(got.heads)+len(got.frames) != len(want) {
			t.Fatalf("%d frames that passed and %d that were gathered, want %d", len(got.heads), len(got.frames), len(want))
		}
		for i, h := range got.heads {
			if w := want[i][:min(len(want[i]), 4+zkframe.HeadSize)]; !bytes.Equal(h, w) {
				t.Fatalf("head %d: got %x, want %x", i, h, w)
			}
		}
		for i, f := range got.frames {
			if w := want[len(got.heads)+i]; !bytes.Equal(f, w) {
				t.Fatalf("frame %d: got %x, want %x", i, f, w)
			}
		}
	}
}

func TestFrameOfWhichALittleHasPassedIsNotGathered(t *testing.T) {
	var s zkframe.Splitter
	var got seen
	f := frame(20)
	s.Split(f[:3], &got)
	if s.Between() {
		t.Error("Between is true in the length of a frame that passes")
	}
	s.Gather = true
	s.Split(append(f[3:], f[:10]...), &got)
	if len(got.frames) != 0 || len(got.heads) != 1 || !s.Between() {
		t.Errorf("got %d frames and %d heads, between %v; want one head", len(got.frames), len(got.heads), s.Between())
	}
	if held := s.Held(); !bytes.Equal(held, f[:10]) {
		t.Errorf("held: got %x, want %x", held, f[:10])
	}
	s.Split(f[10:], &got)
	if want := append(bytes.Clone(f), f[10:]...); !bytes.Equal(got.bytes, want) {
		t.Errorf("got %x, want %x: what was held has been given back", got.bytes, want)
	}
}

func TestFourLettersAreNoFrames(t *testing.T) {
	s := zkframe.Splitter{Gather: true}
	var got seen
	s.Split([]byte("ru"), &got)
	s.Split([]byte("ok and more"), &got)
	if string(got.bytes) != "ruok and more" || len(got.frames)+len(got.heads) != 0 {
		t.Errorf("got %q, %d frames; want the text and no frame", got.bytes, len(got.frames))
	}
}

// FuzzSplitter splits any bytes at any places, gathering from any place on.
func FuzzSplitter(f *testing.F) {
	f.Add(append(frame(5), frame(50)...), uint16(3), uint64(1))
	f.Add([]byte("ruok"), uint16(0), uint64(2))
	f.Add([]byte{0, 0, 0, 0, 0x7f, 0xff, 0xff, 0xff}, uint16(100), uint64(3))
	f.Fuzz(func(t *testing.T, all []byte, gatherFrom uint16, seed uint64) {
		rng := rand.New(rand.NewPCG(seed, 0))
		var s zkframe.Splitter
		var got seen
		for rest := all; len(rest) > 0; {
			s.Gather = len(all)-len(rest) >= int(gatherFrom)
			n := 1 + rng.IntN(len(rest))
			s.Split(rest[:n], &got)
			rest = rest[n:]
		}
		for _, frame := range got.frames {
			zkframe.ReadRequest(frame)
			zkframe.ReadEvent(frame)
			zkframe.HeadXid(frame)
			zkframe.HeadZxid(frame)
			zkframe.Session(frame)
		}
		if sent := append(got.bytes, s.Held()...); !bytes.Equal(sent, all) {
			t.Errorf("bytes were changed:\n got %x\nwant %x", sent, all)
		}
	})
}
