package zkwire_test

import (
	"bytes"
	"encoding/hex"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"oakmoot/internal/zk/zkwire"
)

// records is one of every record, filled in.
func records() map[string]zkwire.Record {
	stat := zkwire.Stat{Czxid: 1, Mzxid: 2, Pzxid: 3, Ctime: 4, Mtime: 5, Version: 6, Cversion: 7, Aversion: -1, EphemeralOwner: 9, DataLength: 10, NumChildren: 11}
	acl := []zkwire.ACL{{Perms: zkwire.PermRead | zkwire.PermAdmin, ID: zkwire.ID{Scheme: "digest", ID: "u:x"}}}
	create := zkwire.CreateRequest{Path: "/a", Data: []byte{}, ACL: acl, Flags: zkwire.FlagEphemeralSequential}
	watches := zkwire.SetWatchesRequest{Since: 7, Data: []string{"/d"}, Exist: []string{}, Child: []string{"/c", "/c2"}}
	return map[string]zkwire.Record{
		"request header":  &zkwire.RequestHeader{Xid: 3, Op: zkwire.OpCloseSession},
		"connect":         &zkwire.ConnectRequest{LastZxid: 5, Timeout: 10 * time.Second, Session: 6, Password: make([]byte, 16), HasReadOnly: true, ReadOnly: true},
		"connect, old":    &zkwire.ConnectRequest{Timeout: time.Second, Password: make([]byte, 16)},
		"create":          &create,
		"createTTL":       &zkwire.CreateTTLRequest{CreateRequest: create, TTL: 99},
		"delete":          &zkwire.VersionRequest{Path: "/a", Version: -1},
		"deleteContainer": &zkwire.DeleteContainerRequest{Path: "/a"},
		"getData":         &zkwire.ReadRequest{Path: "/a", Watch: true},
		"sync":            &zkwire.PathRequest{Path: "/a"},
		"getEphemerals":   &zkwire.PrefixRequest{Prefix: "/a"},
		"setData":         &zkwire.SetDataRequest{Path: "/a", Data: nil, Version: 3},
		"setACL":          &zkwire.SetACLRequest{Path: "/a", ACL: acl, Version: 3},
		"addWatch":        &zkwire.AddWatchRequest{Path: "/a", Mode: zkwire.WatchPersistentRecursive},
		"removeWatches":   &zkwire.WatcherRequest{Path: "/a", Type: zkwire.WatcherAny},
		"setWatches":      &watches,
		"setWatches2":     &zkwire.SetWatches2Request{SetWatchesRequest: watches, Persistent: []string{"/p"}, Recursive: []string{"/r"}},
		"reconfig":        &zkwire.ReconfigRequest{Joining: "server.4=host:1:2", Version: -1},
		"auth":            &zkwire.AuthRequest{Scheme: "digest", Credential: []byte("u:p")},
		"multi header":    &zkwire.MultiHeader{Op: zkwire.OpCheck, Code: -1},
		"reply header":    &zkwire.ReplyHeader{Xid: -2, Zxid: 4, Code: zkwire.NoNode},
		"connected":       &zkwire.ConnectResponse{Timeout: 5 * time.Second, Session: 6, Password: make([]byte, 16), HasReadOnly: true},
		"path":            &zkwire.PathResponse{Path: "/a0000000001"},
		"created":         &zkwire.Create2Response{Path: "/a", Stat: stat},
		"stat":            &zkwire.StatResponse{Stat: stat},
		"data":            &zkwire.DataResponse{Data: []byte("x"), Stat: stat},
		"acl":             &zkwire.ACLResponse{ACL: acl, Stat: stat},
		"names":           &zkwire.NamesResponse{Names: []string{"a", "b"}},
		"children":        &zkwire.Children2Response{Names: []string{}, Stat: stat},
		"number":          &zkwire.NumberResponse{Number: 7},
		"who":             &zkwire.WhoAmIResponse{Clients: []zkwire.ID{{Scheme: "ip", ID: "127.0.0.1"}}},
		"event":           &zkwire.WatcherEvent{Type: zkwire.EventDataChanged, State: zkwire.StateConnected, Path: "/w"},
	}
}

// blank is an empty record of the same type.
func blank(name string) zkwire.Record {
	r := records()[name]
	r.Decode(zkwire.NewDecoder(make([]byte, 1024)))
	return r
}

func encode(r zkwire.Record) []byte {
	var e zkwire.Encoder
	r.Encode(&e)
	return e.Buf
}

func TestRecordsSurviveTheWire(t *testing.T) {
	for name, want := range records() {
		got := blank(name)
		d := zkwire.NewDecoder(encode(want))
		if got.Decode(d); d.Err() != nil || d.Rest() != 0 {
			t.Errorf("%s: %v, %d bytes left", name, d.Err(), d.Rest())
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

func TestRecordsCutShortAreMistakes(t *testing.T) {
	for name, r := range records() {
		whole := encode(r)
		for n := range len(whole) {
			d := zkwire.NewDecoder(whole[:n])
			blank(name).Decode(d)
			optional := n == len(whole)-1 && (name == "connect" || name == "connected")
			if (d.Err() != nil) == optional {
				t.Errorf("%s cut to %d of %d bytes: got %v", name, n, len(whole), d.Err())
			}
		}
	}
}

func TestBytesAreThoseOfApacheZooKeeper(t *testing.T) {
	for name, tt := range map[string]struct {
		record zkwire.Record
		want   string
	}{
		"connected, 5 s":     {&zkwire.ConnectResponse{Timeout: 5 * time.Second, Session: 1, Password: make([]byte, 16), HasReadOnly: true}, "0000000000001388000000000000000100000010" + zeros(16) + "00"},
		"refused":            {&zkwire.ConnectResponse{Password: make([]byte, 16)}, "0000000000000000000000000000000000000010" + zeros(16)},
		"auth accepted":      {&zkwire.ReplyHeader{Xid: zkwire.XidAuth}, "fffffffc000000000000000000000000"},
		"no node":            {&zkwire.ReplyHeader{Xid: 1, Zxid: 2, Code: zkwire.NoNode}, "000000010000000000000002ffffff9b"},
		"end of a multi":     {&zkwire.MultiEnd, "ffffffff01ffffffff"},
		"data changed at /w": {&zkwire.WatcherEvent{Type: zkwire.EventDataChanged, State: zkwire.StateConnected, Path: "/w"}, "0000000300000003000000022f77"},
		"null data":          {&zkwire.SetDataRequest{Path: "/", Version: -1}, "000000012fffffffffffffffff"},
	} {
		if got := hex.EncodeToString(encode(tt.record)); got != tt.want {
			t.Errorf("%s: got %s, want %s", name, got, tt.want)
		}
	}
}

func zeros(n int) string { return hex.EncodeToString(make([]byte, n)) }

func TestImpossibleCountsCostNothing(t *testing.T) {
	huge := []byte{0x7f, 0xff, 0xff, 0xff}
	for name, read := range map[string]func(*zkwire.Decoder){
		"strings": func(d *zkwire.Decoder) { d.Strings() },
		"acls":    func(d *zkwire.Decoder) { d.ACLs() },
		"buffer":  func(d *zkwire.Decoder) { d.Buffer() },
		"string":  func(d *zkwire.Decoder) { _ = d.String() },
	} {
		d := zkwire.NewDecoder(huge)
		if n := testing.AllocsPerRun(1, func() { read(d) }); n > 1 || d.Err() == nil {
			t.Errorf("%s: %v allocations, error %v; want an error for nothing", name, n, d.Err())
		}
	}
}

func TestPathsOfRequests(t *testing.T) {
	var multi zkwire.Encoder
	for _, part := range []struct {
		op zkwire.Op
		r  zkwire.Record
	}{
		{zkwire.OpCreate, &zkwire.CreateRequest{Path: "/a", ACL: zkwire.OpenACL}},
		{zkwire.OpDelete, &zkwire.VersionRequest{Path: "/b"}},
		{zkwire.OpSetData, &zkwire.SetDataRequest{Path: "/c", Data: []byte("x")}},
	} {
		(&zkwire.MultiHeader{Op: part.op, Code: -1}).Encode(&multi)
		part.r.Encode(&multi)
	}
	zkwire.MultiEnd.Encode(&multi)
	for name, tt := range map[string]struct {
		op   zkwire.Op
		body []byte
		want []string
	}{
		"getData":     {zkwire.OpGetData, encode(&zkwire.ReadRequest{Path: "/x"}), []string{"/x"}},
		"multi":       {zkwire.OpMulti, multi.Buf, []string{"/a", "/b", "/c"}},
		"multi, torn": {zkwire.OpMulti, multi.Buf[:60], []string{"/a"}},
		"ping":        {zkwire.OpPing, nil, nil},
		"torn":        {zkwire.OpCreate, []byte{0, 0}, nil},
		"unknown":     {zkwire.Op(77), encode(&zkwire.ReadRequest{Path: "/x"}), nil},
	} {
		if got := zkwire.Paths(tt.op, tt.body); !slices.Equal(got, tt.want) {
			t.Errorf("%s: got %q, want %q", name, got, tt.want)
		}
	}
}

func FuzzRecords(f *testing.F) {
	for _, r := range records() {
		f.Add(encode(r))
	}
	f.Add([]byte{0x7f, 0xff, 0xff, 0xff})
	f.Fuzz(func(t *testing.T, b []byte) {
		for name := range records() {
			first, d := blank(name), zkwire.NewDecoder(b)
			if first.Decode(d); d.Err() != nil {
				continue
			}
			once := encode(first)
			again := blank(name)
			again.Decode(zkwire.NewDecoder(once))
			if twice := encode(again); !bytes.Equal(once, twice) {
				t.Fatalf("%s: encode(decode(x)) is not stable:\n%x\n%x", name, once, twice)
			}
		}
		for _, info := range zkwire.Ops {
			zkwire.Paths(info.Op, b)
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
