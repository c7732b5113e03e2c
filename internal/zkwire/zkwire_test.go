package zkwire_test

import (
	"bytes"
	"testing"

	"oakmoot/internal/zkwire"
)

func FuzzDecoder(f *testing.F) {
	var e zkwire.Encoder
	e.String("/path")
	e.Buffer([]byte("data"))
	e.ACLs(zkwire.OpenACL)
	e.Strings([]string{"a", "b"})
	e.Stat(&zkwire.Stat{Version: 3})
	f.Add(e.Buf)
	f.Add([]byte{0x7f, 0xff, 0xff, 0xff})
	f.Fuzz(func(t *testing.T, b []byte) {
		d := zkwire.NewDecoder(b)
		path, data, acl, list, stat := d.String(), d.Buffer(), d.ACLs(), d.Strings(), d.Stat()
		if d.Err() != nil || acl == nil {
			return
		}
		var e zkwire.Encoder
		e.String(path)
		e.Buffer(data)
		e.ACLs(acl)
		e.Strings(list)
		e.Stat(&stat)
		if n := len(b) - d.Rest(); !bytes.Equal(e.Buf, b[:n]) {
			// A null scheme or id reads as "", which is the only thing lost.
			again := zkwire.NewDecoder(e.Buf)
			if again.String() != path || !bytes.Equal(again.Buffer(), data) || len(again.ACLs()) != len(acl) {
				t.Fatalf("decode(encode(x)) differs:\n%x\n%x", e.Buf, b[:n])
			}
		}
	})
}

func TestEveryOpHasOneRowAndAName(t *testing.T) {
	names := map[string]bool{}
	for _, info := range zkwire.Ops {
		if info.Name == "" || names[info.Name] {
			t.Errorf("%v: name %q is missing or used twice", int32(info.Op), info.Name)
		}
		names[info.Name] = true
		if got, ok := info.Op.Info(); !ok || got != info {
			t.Errorf("%s: Info gives %+v, %v", info.Name, got, ok)
		}
	}
}
