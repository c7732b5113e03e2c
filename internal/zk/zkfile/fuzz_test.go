package zkfile

import (
	"bytes"
	"hash/adler32"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"

	"oakmoot/internal/zk/zkwire"
)

func seed(f *testing.F, file string) []byte {
	f.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		f.Fatal(err)
	}
	return b
}

// FuzzLog: any bytes are read without a panic, and what is read can be applied.
func FuzzLog(f *testing.F) {
	log := seed(f, "testdata/small/version-2/log.1")
	f.Add(log[:300]) // a few transactions: long input takes long to vary
	f.Fuzz(func(t *testing.T, log []byte) {
		img := fresh()
		_, _ = readLog(bytes.NewReader(log), func(txn *Txn) error { img.apply(txn); return nil })
		img.Sum()
	})
}

// FuzzTxn: as FuzzLog, behind the checksum.
func FuzzTxn(f *testing.F) {
	log := seed(f, "testdata/small/version-2/log.1")
	_, err := readLog(bytes.NewReader(log), func(*Txn) error { return nil })
	if err != nil {
		f.Fatal(err)
	}
	for at := 16; log[at+11] != 0 || log[at+10] != 0; { // its length is below 64 KiB
		n := int(log[at+10])<<8 | int(log[at+11])
		f.Add(log[at+12 : at+12+n])
		at += 12 + n + 1
	}
	f.Fuzz(func(t *testing.T, entry []byte) {
		txn, err := decodeTxn(entry)
		if err != nil {
			return
		}
		img := fresh()
		img.apply(txn)
		img.apply(txn) // a second time, as behind a snapshot that was taken meanwhile
		if err := img.check(); err != nil && wellFormed(txn) {
			t.Errorf("%+v leaves a node without a parent: %v", txn, err)
		}
	})
}

// wellFormed reports whether a transaction deletes nothing that has children, and has only
// paths that a server would have accepted.
func wellFormed(t *Txn) bool {
	for _, e := range t.Effects {
		if e.Op == zkwire.OpDelete || len(e.Path) < 2 || e.Path[0] != '/' {
			return false
		}
	}
	return true
}

// sealed is how long all that follows the nodes is: three seals, the digest and the
// last zxid.
const sealed = 3*(8+5) + (8 + 4 + 8) + 8

// FuzzSnapshot: what is read can be written and read again, unchanged.
func FuzzSnapshot(f *testing.F) {
	b := seed(f, "testdata/small/version-2/snapshot.0")
	f.Add(b, false)
	f.Add(b[:len(b)-sealed], true)
	f.Fuzz(func(t *testing.T, b []byte, reseal bool) {
		if reseal { // a correct checksum, so that the rest is read
			e := zkwire.Encoder{Buf: bytes.Clone(b)}
			e.Long(int64(adler32.Checksum(b)))
			e.String("/")
			b = e.Buf
		}
		img, err := readSnapshot(bytes.NewReader(b), 0)
		if err != nil {
			return
		}
		var out bytes.Buffer
		if err := WriteSnapshot(&out, img); err != nil {
			t.Fatal(err)
		}
		again, err := readSnapshot(&out, 0)
		if err != nil {
			t.Fatalf("what was written is refused: %v", err)
		}
		if diff := cmp.Diff(img.Nodes, again.Nodes); diff != "" {
			t.Errorf("(-read +written and read)\n%s", diff)
		}
	})
}
