package zkembed_test

import (
	"errors"
	"io"
	"testing"

	"oakmoot/internal/zk/zkwire"
	"oakmoot/zkembed"
)

// rawRecord is a record as its bytes; it is only sent.
type rawRecord []byte

func (r rawRecord) Encode(e *zkwire.Encoder) { e.Buf = append(e.Buf, r...) }

func (r rawRecord) Decode(d *zkwire.Decoder) { d.Fail() }

// withNullPath is a request whose leading path is null instead of empty.
func withNullPath(r zkwire.Record) rawRecord {
	var e zkwire.Encoder
	r.Encode(&e)
	copy(e.Buf, []byte{0xff, 0xff, 0xff, 0xff})
	return e.Buf
}

// TestNullPathsAreRefusedEachInItsWay is what Apache ZooKeeper 3.9.5 answers, and which
// of the requests use up a zxid there.
func TestNullPathsAreRefusedEachInItsWay(t *testing.T) {
	c := dialWire(t, zkembed.RunT(t).Endpoints()[0])
	if _, err := c.open(zkwire.ConnectRequest{}); err != nil {
		t.Fatal(err)
	}
	create := &zkwire.CreateRequest{ACL: zkwire.OpenACL}
	for _, tt := range []struct {
		op     zkwire.Op
		body   zkwire.Record
		code   zkwire.Code
		writes zkwire.Zxid
	}{
		{zkwire.OpCreate, create, zkwire.MarshallingError, 1},
		{zkwire.OpCreate, &zkwire.CreateRequest{Flags: 7}, zkwire.BadArguments, 1},
		{zkwire.OpDelete, &zkwire.VersionRequest{}, zkwire.MarshallingError, 1},
		{zkwire.OpSetData, &zkwire.SetDataRequest{}, zkwire.BadArguments, 1},
		{zkwire.OpSetACL, &zkwire.SetACLRequest{ACL: zkwire.OpenACL}, zkwire.BadArguments, 1},
		{zkwire.OpDeleteContainer, &zkwire.DeleteContainerRequest{}, zkwire.MarshallingError, 0},
		{zkwire.OpExists, &zkwire.ReadRequest{}, zkwire.MarshallingError, 0},
		{zkwire.OpGetData, &zkwire.ReadRequest{}, zkwire.MarshallingError, 0},
		{zkwire.OpGetChildren, &zkwire.ReadRequest{}, zkwire.MarshallingError, 0},
		{zkwire.OpSync, &zkwire.PathRequest{}, zkwire.OK, 0},
		{zkwire.OpCheckWatches, &zkwire.WatcherRequest{Type: zkwire.WatcherAny}, zkwire.NoWatcher, 0},
		{zkwire.OpAddWatch, &zkwire.AddWatchRequest{}, zkwire.OK, 0},
		{zkwire.OpRemoveWatches, &zkwire.WatcherRequest{Type: zkwire.WatcherAny}, zkwire.OK, 0},
		{zkwire.OpCheckWatches, &zkwire.WatcherRequest{Type: zkwire.WatcherAny}, zkwire.NoWatcher, 0},
	} {
		c.ask(zkwire.OpSync, &zkwire.PathRequest{Path: "/"})
		before, err := c.header()
		if err != nil {
			t.Fatal(err)
		}
		c.ask(tt.op, withNullPath(tt.body))
		if got, err := c.header(); err != nil || got.Code != tt.code || got.Zxid != before.Zxid+tt.writes {
			t.Errorf("%v: got %v at zxid +%d, %v; want %v at +%d", tt.op, got.Code, got.Zxid-before.Zxid, err, tt.code, tt.writes)
		}
	}
}

// TestCredentialsThatDoNotDecodeAreHungUpOn holds for auth and sasl, which Apache's
// server reads before it queues anything.
func TestCredentialsThatDoNotDecodeAreHungUpOn(t *testing.T) {
	srv := zkembed.RunT(t)
	for name, tt := range map[string]struct {
		op   zkwire.Op
		body rawRecord
	}{
		"auth, cut short":       {zkwire.OpAuth, rawRecord{0, 0}},
		"sasl, cut short":       {zkwire.OpSASL, rawRecord{0, 0, 0, 9, 1}},
		"sasl, without a token": {zkwire.OpSASL, rawRecord{0xff, 0xff, 0xff, 0xff}},
	} {
		c := dialWire(t, srv.Endpoints()[0])
		if _, err := c.open(zkwire.ConnectRequest{}); err != nil {
			t.Fatal(err)
		}
		if code, _, err := c.do(tt.op, tt.body); !errors.Is(err, io.EOF) {
			t.Errorf("%s: got %v, %v; want a hang-up", name, code, err)
		}
	}
}
