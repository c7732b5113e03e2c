//go:build interop

package differential

import (
	"fmt"

	"pgregory.net/rapid"

	"oakmoot/internal/zkwire"
)

// step is an operation of a client. What an operation does not use is drawn
// nevertheless, and ignored.
type step struct {
	Client  int
	Op      zkwire.Op
	Path    string
	Data    string
	Version zkwire.Version
	Flags   int32
	ACL     []zkwire.ACL
	Watch   bool
	Mode    int32 // of addWatch, and the type of a watcher
	Parts   []step
}

// String tells the step in one line, for the report of a failed run.
func (s step) String() string {
	name := fmt.Sprint(int32(s.Op))
	for _, info := range zkwire.Ops {
		if info.Op == s.Op {
			name = info.Name
		}
	}
	if len(s.Parts) > 0 {
		return fmt.Sprintf("%d: %s %v", s.Client, name, s.Parts)
	}
	return fmt.Sprintf("%d: %s %q data %q version %d flags %d acl %v watch %t mode %d", s.Client, name, s.Path, s.Data, s.Version, s.Flags, s.ACL, s.Watch, s.Mode)
}

var (
	world    = zkwire.ID{Scheme: "world", ID: "anyone"}
	readOnly = []zkwire.ACL{{Perms: zkwire.PermRead, ID: world}}
	acls     = [][]zkwire.ACL{zkwire.OpenACL, zkwire.OpenACL, zkwire.OpenACL, zkwire.OpenACL, readOnly, {}, nil,
		{{Perms: 31, ID: zkwire.ID{Scheme: "nobody", ID: "x"}}}, {{Perms: 31, ID: zkwire.ID{Scheme: "auth"}}}, {{Perms: 31, ID: zkwire.ID{Scheme: "ip", ID: "127.0.0.1"}}}}
)

// names are few, so that steps meet on the same nodes; some are wrong.
var names = []string{"/a", "/a", "/a", "/b", "/b", "/a/x", "/a/x", "/a/y", "/b/x", "/a/x/1", "/a/seq-", "/a/x/2", "", "/", "/a/", "//a", "/a/./x", "/a/..", "/a\x00", "/a/é"}

// clientOps are the operations that are drawn, the frequent ones more than once.
var clientOps = []zkwire.Op{
	zkwire.OpCreate, zkwire.OpCreate, zkwire.OpCreate, zkwire.OpCreate2, zkwire.OpCreate2, zkwire.OpCreateContainer, zkwire.OpCreateTTL,
	zkwire.OpDelete, zkwire.OpDelete, zkwire.OpSetData, zkwire.OpSetData, zkwire.OpGetData, zkwire.OpGetData, zkwire.OpExists, zkwire.OpExists,
	zkwire.OpGetChildren, zkwire.OpGetChildren2, zkwire.OpGetACL, zkwire.OpSetACL, zkwire.OpSync, zkwire.OpMulti, zkwire.OpMulti, zkwire.OpMultiRead,
	zkwire.OpGetEphemerals, zkwire.OpAllChildren, zkwire.OpAddWatch, zkwire.OpAddWatch, zkwire.OpRemoveWatches, zkwire.OpCheckWatches, zkwire.OpCloseSession,
}

var (
	multiOps = []zkwire.Op{zkwire.OpCreate, zkwire.OpCreate, zkwire.OpCreate2, zkwire.OpDelete, zkwire.OpSetData, zkwire.OpCheck, zkwire.OpCreateContainer, zkwire.OpCreateTTL}
	readOps  = []zkwire.Op{zkwire.OpGetData, zkwire.OpGetChildren}
)

// steps draws steps of several clients.
func steps(clients int, root string) *rapid.Generator[step] {
	one := func(t *rapid.T, ops []zkwire.Op) step {
		return step{
			Op:      rapid.SampledFrom(ops).Draw(t, "op"),
			Path:    under(root, rapid.SampledFrom(names).Draw(t, "path")),
			Data:    rapid.SampledFrom([]string{"", "one", "another"}).Draw(t, "data"),
			Version: rapid.SampledFrom([]zkwire.Version{-1, -1, -1, 0, 1, 2, -2}).Draw(t, "version"),
			Flags:   rapid.SampledFrom([]int32{0, 0, 0, 1, 2, 3, 4, 5, 6, 7, -1}).Draw(t, "flags"),
			ACL:     rapid.SampledFrom(acls).Draw(t, "acl"),
			Watch:   rapid.Bool().Draw(t, "watch"),
			Mode:    rapid.SampledFrom([]int32{0, 1, 2, 3}).Draw(t, "mode"),
		}
	}
	return rapid.Custom(func(t *rapid.T) step {
		s := one(t, clientOps)
		s.Client = rapid.IntRange(0, clients-1).Draw(t, "client")
		ops := map[zkwire.Op][]zkwire.Op{zkwire.OpMulti: multiOps, zkwire.OpMultiRead: readOps}[s.Op]
		for range rapid.IntRange(0, min(len(ops), 4)).Draw(t, "parts") {
			s.Parts = append(s.Parts, one(t, ops))
		}
		return s
	})
}

// under puts a name below the run's root. The empty path stays empty.
func under(root, name string) string {
	switch name {
	case "":
		return ""
	case "/":
		return root
	}
	return root + name
}

// request is the record that an operation sends.
func (s step) request() zkwire.Record {
	create := zkwire.CreateRequest{Path: s.Path, Data: []byte(s.Data), ACL: s.ACL, Flags: s.Flags}
	switch s.Op {
	case zkwire.OpCreate, zkwire.OpCreate2:
		return &create
	case zkwire.OpCreateContainer:
		create.Flags = zkwire.FlagContainer
		return &create
	case zkwire.OpCreateTTL:
		create.Flags = zkwire.FlagTTL + s.Mode&1
		return &zkwire.CreateTTLRequest{CreateRequest: create, TTL: 3_600_000}
	case zkwire.OpDelete, zkwire.OpCheck:
		return &zkwire.VersionRequest{Path: s.Path, Version: s.Version}
	case zkwire.OpSetData:
		return &zkwire.SetDataRequest{Path: s.Path, Data: []byte(s.Data), Version: s.Version}
	case zkwire.OpExists, zkwire.OpGetData, zkwire.OpGetChildren, zkwire.OpGetChildren2:
		return &zkwire.ReadRequest{Path: s.Path, Watch: s.Watch}
	case zkwire.OpSetACL:
		return &zkwire.SetACLRequest{Path: s.Path, ACL: s.ACL, Version: s.Version}
	case zkwire.OpGetACL, zkwire.OpSync, zkwire.OpAllChildren:
		return &zkwire.PathRequest{Path: s.Path}
	case zkwire.OpGetEphemerals:
		return &zkwire.PrefixRequest{Prefix: s.Path}
	case zkwire.OpAddWatch:
		return &zkwire.AddWatchRequest{Path: s.Path, Mode: s.Mode}
	case zkwire.OpRemoveWatches, zkwire.OpCheckWatches:
		return &zkwire.WatcherRequest{Path: s.Path, Type: zkwire.WatcherType(s.Mode + 1)}
	case zkwire.OpMulti, zkwire.OpMultiRead:
		return multi(s.Parts)
	}
	return nil
}

// multi is a request of several parts.
type multi []step

// Encode implements zkwire.Record.
func (m multi) Encode(e *zkwire.Encoder) {
	for _, part := range m {
		(&zkwire.MultiHeader{Op: part.Op, Code: -1}).Encode(e)
		part.request().Encode(e)
	}
	zkwire.MultiEnd.Encode(e)
}

// Decode implements zkwire.Record; requests are only sent.
func (m multi) Decode(d *zkwire.Decoder) { d.Fail() }
