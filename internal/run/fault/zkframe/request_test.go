package zkframe_test

import (
	"testing"

	"oakmoot/internal/run/fault/zkframe"
	"oakmoot/internal/zk/zkwire"
)

// request is a frame with a header and records behind it.
func request(xid zkwire.Xid, op zkwire.Op, records ...zkwire.Record) []byte {
	var e zkwire.Encoder
	mark := e.StartFrame()
	(&zkwire.RequestHeader{Xid: xid, Op: op}).Encode(&e)
	for _, r := range records {
		r.Encode(&e)
	}
	e.EndFrame(mark)
	return e.Buf
}

func TestRequestsTellTheirPaths(t *testing.T) {
	for op, record := range map[zkwire.Op]zkwire.Record{
		zkwire.OpCreate:    &zkwire.CreateRequest{Path: "/a/b"},
		zkwire.OpCreateTTL: &zkwire.CreateTTLRequest{CreateRequest: zkwire.CreateRequest{Path: "/a/b"}},
		zkwire.OpDelete:    &zkwire.VersionRequest{Path: "/a/b"},
		zkwire.OpSetData:   &zkwire.SetDataRequest{Path: "/a/b"},
		zkwire.OpExists:    &zkwire.ReadRequest{Path: "/a/b", Watch: true},
		zkwire.OpSync:      &zkwire.PathRequest{Path: "/a/b"},
		zkwire.OpAddWatch:  &zkwire.AddWatchRequest{Path: "/a/b"},
	} {
		r := zkframe.ReadRequest(request(7, op, record))
		if r.Xid != 7 || r.Op != op || r.Path != "/a/b" {
			t.Errorf("%v: got %+v", op, r)
		}
	}
	if r := zkframe.ReadRequest(request(zkwire.XidPing, zkwire.OpPing)); r.Op != zkwire.OpPing || r.Path != "" {
		t.Errorf("ping: got %+v", r)
	}
}

func TestMultiTellsItsParts(t *testing.T) {
	r := zkframe.ReadRequest(request(1, zkwire.OpMulti,
		&zkwire.MultiHeader{Op: zkwire.OpCheck, Code: -1}, &zkwire.VersionRequest{Path: "/a"},
		&zkwire.MultiHeader{Op: zkwire.OpCreate, Code: -1}, &zkwire.CreateRequest{Path: "/a/b", Data: []byte("x"), ACL: []zkwire.ACL{{}}},
		&zkwire.MultiHeader{Op: zkwire.OpSetData, Code: -1}, &zkwire.SetDataRequest{Path: "/c"},
		&zkwire.MultiEnd))
	want := []zkframe.Request{{Op: zkwire.OpCheck, Path: "/a"}, {Op: zkwire.OpCreate, Path: "/a/b"}, {Op: zkwire.OpSetData, Path: "/c"}}
	if len(r.Parts) != len(want) {
		t.Fatalf("got %+v, want %+v", r.Parts, want)
	}
	for i, p := range r.Parts {
		if p.Op != want[i].Op || p.Path != want[i].Path {
			t.Errorf("part %d: got %+v, want %+v", i, p, want[i])
		}
	}
}
