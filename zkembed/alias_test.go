package zkembed_test

import (
	"testing"

	"oakmoot/internal/zk/zkwire"
	"oakmoot/zkembed"
)

// DataTree keeps the root under two names; a watch under the empty one never fires.
func TestRootsEmptyNameIsWatchedByItself(t *testing.T) {
	srv := zkembed.RunT(t, zkembed.Options{})
	c := openScale(t, srv)
	expect := func(what string, op zkwire.Op, request zkwire.Record, want zkwire.Code) {
		t.Helper()
		if code, _, err := c.do(op, request); code != want || err != nil {
			t.Errorf("%s: got %v, %v; want %v", what, code, err, want)
		}
	}
	held := func(path string) *zkwire.WatcherRequest {
		return &zkwire.WatcherRequest{Path: path, Type: zkwire.WatcherAny}
	}
	expect("children", zkwire.OpGetChildren, &zkwire.ReadRequest{Path: "", Watch: true}, zkwire.OK)
	expect("create", zkwire.OpCreate, &zkwire.CreateRequest{Path: "/x", ACL: zkwire.OpenACL}, zkwire.OK)
	expect("watch of the empty name, after a child came", zkwire.OpCheckWatches, held(""), zkwire.OK)
	expect("watch of the root", zkwire.OpCheckWatches, held("/"), zkwire.NoWatcher)
}
