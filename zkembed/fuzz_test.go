package zkembed

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"testing"
	"testing/iotest"
	"time"

	"oakmoot/internal/zk/zkwire"
	"oakmoot/zkembed/internal/tree"
	"oakmoot/zkembed/internal/txnlog"
)

// frame is a payload in a frame.
func frame(payload []byte) []byte {
	return append(binary.BigEndian.AppendUint32(nil, uint32(len(payload))), payload...)
}

func encoded(records ...zkwire.Record) []byte {
	var e zkwire.Encoder
	for _, r := range records {
		r.Encode(&e)
	}
	return e.Buf
}

var connectBytes = frame(encoded(&zkwire.ConnectRequest{Timeout: 10 * time.Second, Password: make([]byte, zkwire.PasswordLength)}))

// FuzzConnection sends raw bytes after a connect request, and instead of it. The server
// must close the connection or answer, and others must not notice.
func FuzzConnection(f *testing.F) {
	ping := frame(encoded(&zkwire.RequestHeader{Xid: zkwire.XidPing, Op: zkwire.OpPing}))
	for _, seed := range [][]byte{
		ping, []byte("ruok"), []byte("xxxx"), {0x7f, 0xff, 0xff, 0xff}, {0xff, 0xff, 0xff, 0xff}, frame(nil), frame([]byte{0, 0, 0, 1}),
		frame(encoded(&zkwire.RequestHeader{Xid: 1, Op: zkwire.OpCreate}, &zkwire.CreateRequest{Path: "/x", ACL: zkwire.OpenACL, Flags: 3})),
		frame(encoded(&zkwire.RequestHeader{Xid: 1, Op: zkwire.OpGetData}, &zkwire.ReadRequest{Path: "/", Watch: true})),
		frame(encoded(&zkwire.RequestHeader{Xid: 1, Op: zkwire.OpMulti}, &zkwire.MultiHeader{Op: zkwire.OpSetData, Code: -1}, &zkwire.SetDataRequest{Path: "/", Version: -1}, &zkwire.MultiEnd)),
		frame(encoded(&zkwire.RequestHeader{Xid: 1, Op: zkwire.OpSetWatches2}, &zkwire.SetWatches2Request{Recursive: []string{"/", ""}})),
		frame(encoded(&zkwire.RequestHeader{Xid: 1, Op: zkwire.OpAddWatch}, &zkwire.AddWatchRequest{Path: "x", Mode: 1})),
	} {
		f.Add(seed, false)
		f.Add(seed, true)
		f.Add(append(bytes.Clone(seed), ping...), true)
	}
	srv := RunT(f)
	other, err := srv.Dial(f.Context())
	if err != nil {
		f.Fatal(err)
	}
	if _, err := other.Write(connectBytes); err != nil {
		f.Fatal(err)
	}
	if err := skipFrame(other); err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, raw []byte, connected bool) {
		nc, err := srv.Dial(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		defer nc.Close()
		if connected {
			raw = append(bytes.Clone(connectBytes), raw...)
		}
		_ = nc.SetDeadline(time.Now().Add(10 * time.Second)) // the connection lives in memory: it cannot fail
		if _, err := nc.Write(raw); err == nil {
			_ = nc.(interface{ CloseWrite() error }).CloseWrite()
		}
		if _, err := io.Copy(io.Discard, nc); err != nil {
			var timeout net.Error
			if errors.As(err, &timeout) && timeout.Timeout() {
				t.Fatal("the server neither answered nor closed")
			}
		}
		if _, err := other.Write(ping); err != nil {
			t.Fatal(err)
		}
		for { // events come before the ping's answer
			xid, err := readXid(other)
			if err != nil {
				t.Fatalf("another connection: %v", err)
			}
			if xid == zkwire.XidPing {
				return
			}
		}
	})
}

func skipFrame(r io.Reader) error {
	_, err := readXid(r)
	return err
}

// readXid reads a frame and returns the number that it begins with.
func readXid(r io.Reader) (zkwire.Xid, error) {
	var head [4]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return 0, err
	}
	payload := make([]byte, binary.BigEndian.Uint32(head[:]))
	if _, err := io.ReadFull(r, payload); err != nil {
		return 0, err
	}
	return zkwire.Xid(binary.BigEndian.Uint32(payload)), nil
}

// FuzzLog restores from a log file with any content: that is an error, or a server that
// works and restores to the same state again.
func FuzzLog(f *testing.F) {
	header := []byte(logHeader)
	record := func(txns ...*tree.Txn) []byte {
		e := zkwire.Encoder{Buf: make([]byte, txnlog.HeadSize)}
		for _, t := range txns {
			t.Encode(&e)
		}
		txnlog.Seal(e.Buf)
		return e.Buf
	}
	f.Add(header)
	f.Add(append(bytes.Clone(header), record(
		&tree.Txn{Zxid: 1, Effects: []*tree.Effect{{Kind: tree.OpenSession, Session: 7, Timeout: 5}}},
		&tree.Txn{Zxid: 2, Effects: []*tree.Effect{createEffect("/a", "1"), {Kind: tree.Create, Path: "/a/e", Owner: 7, ACL: zkwire.OpenACL}}},
		&tree.Txn{Zxid: 3, Effects: []*tree.Effect{{Kind: tree.SetData, Path: "/a"}, {Kind: tree.Delete, Path: "/a/e"}}},
	)...))
	f.Add(append(bytes.Clone(header), record(&tree.Txn{Zxid: 1, Effects: []*tree.Effect{{Kind: tree.Delete, Path: "/"}, {Kind: tree.Delete, Path: ""}}})...))
	f.Add(append(bytes.Clone(header), record(&tree.Txn{Zxid: 1, Effects: []*tree.Effect{createEffect("", ""), createEffect("x", ""), createEffect("/", "")}})...))
	f.Fuzz(func(t *testing.T, raw []byte) {
		fix(raw, logStart)
		restoreTwice(t, txnlog.Logs.Name(1), raw)
	})
}

// fix corrects the checksums of records, so that the fuzzer gets past them.
func fix(file []byte, header int) {
	for at := header; at+txnlog.HeadSize <= len(file); {
		n := int(binary.BigEndian.Uint32(file[at:]))
		end := at + txnlog.HeadSize + n
		if n < 0 || end > len(file) || end < at {
			return
		}
		txnlog.Seal(file[at:end])
		at = end
	}
}

// FuzzSnapshot is FuzzLog for snapshots.
func FuzzSnapshot(f *testing.F) {
	opts := Options{DataDir: f.TempDir(), SnapshotEvery: 1}
	st, err := load(New(opts), nil)
	if err != nil {
		f.Fatal(err)
	}
	for _, e := range []*tree.Effect{
		{Kind: tree.OpenSession, Session: 7, Timeout: 1000}, {Kind: tree.Create, Path: "/e", Owner: 7, ACL: zkwire.OpenACL},
		createEffect("/a", "1"), {Kind: tree.Create, Path: "/a/c", ACL: []zkwire.ACL{{Perms: 1, ID: anyone}}, Owner: tree.OwnerContainer},
	} {
		commitEach(f, st, e)
		b, err := os.ReadFile(filepath.Join(opts.DataDir, txnlog.Snapshots.Name(st.zxid)))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	st.log.Close()
	f.Fuzz(func(t *testing.T, raw []byte) {
		fix(raw, snapshotStart)
		restoreTwice(t, txnlog.Snapshots.Name(0), raw)
	})
}

// restoreTwice restores from a directory with one file, works on it, and restores
// again.
func restoreTwice(t *testing.T, name string, content []byte) {
	opts := Options{DataDir: t.TempDir(), Fsync: FsyncNever}
	if err := os.WriteFile(filepath.Join(opts.DataDir, name), content, 0o644); err != nil {
		t.Fatal(err)
	}
	st, err := load(New(opts), nil)
	if err != nil {
		return
	}
	if root := st.tree.Lookup("/"); st.tree.Lookup("/fuzz") == nil && !tree.IsEphemeral(root.Owner()) {
		commitEach(t, st, createEffect("/fuzz", ""))
	}
	want := treeText(st)
	st.log.Close()
	again, err := load(New(opts), nil)
	if err != nil {
		t.Fatalf("the second time: %v", err)
	}
	defer again.log.Close()
	if got := treeText(again); got != want {
		t.Errorf("the second time: got\n%s\nwant\n%s", got, want)
	}
}

// FuzzFrames cuts bytes that arrive in any pieces into the same frames.
func FuzzFrames(f *testing.F) {
	f.Add(append(frame([]byte("one")), frame(nil)...))
	f.Add(append(frame(make([]byte, 5000)), 0x7f, 0xff, 0xff, 0xff))
	f.Fuzz(func(t *testing.T, raw []byte) {
		whole, wholeErr := allFrames(bytes.NewReader(raw))
		bytewise, bytewiseErr := allFrames(iotest.OneByteReader(bytes.NewReader(raw)))
		if !bytes.Equal(whole, bytewise) || wholeErr != bytewiseErr {
			t.Errorf("at once: %x, %v; byte by byte: %x, %v", whole, wholeErr, bytewise, bytewiseErr)
		}
		if !bytes.HasPrefix(raw, whole) {
			t.Errorf("got %x from %x", whole, raw)
		}
	})
}

func allFrames(r io.Reader) ([]byte, error) {
	in := &frameReader{src: r, limit: 1 << 16}
	var all []byte
	for {
		frames, err := in.next()
		if err != nil {
			return all, err
		}
		for rest := frames; len(rest) > 0; {
			_, rest = cutFrame(rest)
		}
		all = append(all, frames...)
	}
}
