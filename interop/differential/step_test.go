//go:build interop

package differential

import (
	"fmt"
	"slices"
	"strings"

	"pgregory.net/rapid"

	"oakmoot/internal/zk/zkwire"
)

// step is an operation of a client. Fields that an operation does not use are drawn all the same, and ignored.
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
	Since   int   // of setWatches: how many of the run's transactions the client has seen
	Auth    zkwire.AuthRequest
	Spoil   spoil
	Parts   []step
}

// spoil is what is wrong with a request's bytes.
type spoil byte

const (
	spoilNothing  spoil = iota
	spoilCut            // the last bytes are missing
	spoilNullPath       // the path at its beginning is null
	spoilNullData       // its data is null, which is allowed
)

// What a client does that is not a request.
const (
	opReattach zkwire.Op = -100 // connects to its session a second time
	opBurst    zkwire.Op = -101 // sends several requests in one go
	opExpire   zkwire.Op = -102 // loses its connection and then, without another, its session
	opUnknown  zkwire.Op = 99
)

// String is the step on one line, for the report of a failed run.
func (s step) String() string {
	name := fmt.Sprint(int32(s.Op))
	for _, info := range zkwire.Ops {
		if info.Op == s.Op {
			name = info.Name
		}
	}
	if len(s.Parts) > 0 {
		return fmt.Sprintf("%d: %s %v spoilt %d", s.Client, name, s.Parts, s.Spoil)
	}
	return fmt.Sprintf("%d: %s %q data %q version %d flags %d acl %v watch %t mode %d since %d auth %q %q spoilt %d",
		s.Client, name, s.Path, s.Data, s.Version, s.Flags, s.ACL, s.Watch, s.Mode, s.Since, s.Auth.Scheme, s.Auth.Credential, s.Spoil)
}

// GoString keeps rapid's output readable.
func (s step) GoString() string { return "\n" + s.String() }

var (
	world    = zkwire.ID{Scheme: "world", ID: "anyone"}
	readOnly = []zkwire.ACL{{Perms: zkwire.PermRead, ID: world}}
	acls     = [][]zkwire.ACL{zkwire.OpenACL, zkwire.OpenACL, zkwire.OpenACL, zkwire.OpenACL, readOnly, {}, nil,
		{{Perms: 31, ID: zkwire.ID{Scheme: "nobody", ID: "x"}}}, {{Perms: 31, ID: zkwire.ID{Scheme: "auth"}}}, {{Perms: 31, ID: zkwire.ID{Scheme: "ip", ID: "127.0.0.1"}}},
		{{Perms: 31, ID: zkwire.ID{Scheme: "auth"}}}, {{Perms: 31, ID: ofU}}, {{Perms: zkwire.PermRead, ID: world}, {Perms: 31, ID: ofU}},
		{{Perms: 31, ID: zkwire.ID{Scheme: "digest", ID: "no colon"}}}, {{Perms: 31, ID: zkwire.ID{Scheme: "ip", ID: "10.0.0.0/8"}}}, {{Perms: 31, ID: zkwire.ID{Scheme: "ip", ID: "ten"}}}}
	ofU = zkwire.ID{Scheme: "digest", ID: "u:Jq7wMyA/w2Vd5WIDAKdu4OIIFEQ="} // of u:p

	// auths are identities that a client asks for; most are the one that the ACLs name.
	auths = []zkwire.AuthRequest{
		{Scheme: "digest", Credential: []byte("u:p")}, {Scheme: "digest", Credential: []byte("u:p")}, {Scheme: "digest", Credential: []byte("v:q")},
		{Scheme: "digest", Credential: []byte("alone")}, {Scheme: "ip"}, {Scheme: "nobody", Credential: []byte("x")}, {Scheme: "world", Credential: []byte("anyone")},
	}
)

// names are few, so that steps meet on the same nodes; some are invalid.
var names = []string{"/a", "/a", "/a", "/b", "/b", "/a/x", "/a/x", "/a/y", "/b/x", "/a/x/1", "/a/seq-", "/a/x/2", "", "/", "/a/", "//a", "/a/./x", "/a/..", "/a\x00", "/a/é"}

// quotaNames are names of the nodes that set the run's quotas.
var quotaNames = []string{"@", "@/a", "@/b", "@/a/x", "@/a" + limitsNode, "@/a" + statsNode, "@/a" + limitsNode, "@/a" + statsNode, "@/b" + limitsNode, "@/b" + statsNode, "@/a/x" + limitsNode}

const (
	limitsNode = "/zookeeper_limits"
	statsNode  = "/zookeeper_stats"
)

// limits are what a quota may contain.
var limits = []string{"count=3,bytes=20", "count=-1,bytes=-1=;byteHardLimit=10;countHardLimit=3", "count=-1,bytes=-1=;byteHardLimit=-1;countHardLimit=2", "count=2,bytes=-1=;byteHardLimit=5;countHardLimit=-1"}

// clientOps are the operations to draw from, with frequent ones listed more than once.
var clientOps = []zkwire.Op{
	zkwire.OpCreate, zkwire.OpCreate, zkwire.OpCreate, zkwire.OpCreate2, zkwire.OpCreate2, zkwire.OpCreateContainer, zkwire.OpCreateTTL,
	zkwire.OpDelete, zkwire.OpDelete, zkwire.OpSetData, zkwire.OpSetData, zkwire.OpGetData, zkwire.OpGetData, zkwire.OpExists, zkwire.OpExists,
	zkwire.OpGetChildren, zkwire.OpGetChildren2, zkwire.OpGetACL, zkwire.OpSetACL, zkwire.OpSync, zkwire.OpMulti, zkwire.OpMulti, zkwire.OpMultiRead,
	zkwire.OpGetEphemerals, zkwire.OpAllChildren, zkwire.OpAddWatch, zkwire.OpAddWatch, zkwire.OpRemoveWatches, zkwire.OpCheckWatches, zkwire.OpCloseSession,
	zkwire.OpAuth, zkwire.OpAuth, zkwire.OpWhoAmI, zkwire.OpSetWatches, zkwire.OpSetWatches2, zkwire.OpDeleteContainer, zkwire.OpReconfig,
	zkwire.OpSASL, zkwire.OpPing, opReattach, opBurst, opBurst, opBurst, zkwire.OpCheck, opUnknown,
}

var (
	multiOps = []zkwire.Op{zkwire.OpCreate, zkwire.OpCreate, zkwire.OpCreate2, zkwire.OpDelete, zkwire.OpSetData, zkwire.OpCheck, zkwire.OpCreateContainer, zkwire.OpCreateTTL}
	readOps  = []zkwire.Op{zkwire.OpGetData, zkwire.OpGetChildren}
	// burstOps lack setACL: in Apache's server, what follows it immediately sees the old ACL until it is applied
	// (PrepRequestProcessor duplicates the record with it).
	burstOps = []zkwire.Op{
		zkwire.OpCreate, zkwire.OpCreate2, zkwire.OpDelete, zkwire.OpSetData, zkwire.OpGetData, zkwire.OpExists, zkwire.OpGetChildren2,
		zkwire.OpSync, zkwire.OpAddWatch, zkwire.OpPing,
	}
	anyOps = []zkwire.Op{zkwire.OpGetData} // setWatches takes their paths

	partsOf = map[zkwire.Op][]zkwire.Op{
		zkwire.OpMulti: multiOps, zkwire.OpMultiRead: readOps, opBurst: burstOps, zkwire.OpSetWatches: anyOps, zkwire.OpSetWatches2: anyOps,
	}
	mostParts = map[zkwire.Op]int{zkwire.OpMulti: 4, zkwire.OpMultiRead: 2, opBurst: 6, zkwire.OpSetWatches: 5, zkwire.OpSetWatches2: 5}
)

// expireOf is how rarely a second connection is an expired session: that takes seconds.
const expireOf = 20

// steps draws steps of several clients.
func steps(clients int, root string) *rapid.Generator[step] {
	one := func(t *rapid.T, ops []zkwire.Op) step {
		return step{
			Op:      rapid.SampledFrom(ops).Draw(t, "op"),
			Path:    under(root, rapid.SampledFrom(slices.Concat(names, names, quotaNames)).Draw(t, "path")),
			Data:    rapid.SampledFrom([]string{"", "one", "another"}).Draw(t, "data"),
			Version: rapid.SampledFrom([]zkwire.Version{-1, -1, -1, 0, 1, 2, -2}).Draw(t, "version"),
			Flags:   rapid.SampledFrom([]int32{0, 0, 0, 1, 2, 3, 4, 5, 6, 7, -1}).Draw(t, "flags"),
			ACL:     rapid.SampledFrom(acls).Draw(t, "acl"),
			Watch:   rapid.Bool().Draw(t, "watch"),
			Mode:    rapid.SampledFrom([]int32{0, 1, 2, 3}).Draw(t, "mode"),
			Since:   rapid.IntRange(0, 40).Draw(t, "since"),
			Auth:    rapid.SampledFrom(auths).Draw(t, "auth"),
			Spoil:   rapid.SampledFrom(spoils).Draw(t, "spoilt"),
		}
	}
	return rapid.Custom(func(t *rapid.T) step {
		s := one(t, clientOps)
		s.Client = rapid.IntRange(0, clients-1).Draw(t, "client")
		if s.Op == opReattach && s.Since%expireOf == 1 {
			s.Op = opExpire
		}
		for range rapid.IntRange(0, mostParts[s.Op]).Draw(t, "parts") {
			s.Parts = append(s.Parts, one(t, partsOf[s.Op]))
		}
		return s
	})
}

// under puts a name below the run's root. The empty path stays empty.
func under(root, name string) string {
	quota, isQuota := strings.CutPrefix(name, "@")
	switch {
	case name == "":
		return ""
	case name == "/":
		return root
	case isQuota:
		return "/zookeeper/quota" + root + quota
	}
	return root + name
}

// spoils are what to draw from; most requests are left whole.
var spoils = []spoil{
	spoilNothing, spoilNothing, spoilNothing, spoilNothing, spoilNothing, spoilNothing, spoilNothing, spoilNothing, spoilNothing,
	spoilNothing, spoilNothing, spoilNothing, spoilNothing, spoilNothing, spoilNullData, spoilNullData, spoilCut, spoilNullPath,
}

// body is what an operation sends after its header.
func (s step) body(base zkwire.Zxid) []byte {
	var e zkwire.Encoder
	if r := s.request(base); r != nil {
		r.Encode(&e)
	}
	switch pathEnd := 4 + len(s.Path); {
	case s.Spoil == spoilCut && len(e.Buf) > 0:
		return e.Buf[:len(e.Buf)-1-s.Since%len(e.Buf)]
	case s.Spoil == spoilNullPath && beginsWithPath[s.Op]:
		return append([]byte{0xff, 0xff, 0xff, 0xff}, e.Buf[pathEnd:]...)
	}
	return e.Buf
}

// beginsWithPath are the operations whose request begins with a path.
var beginsWithPath = map[zkwire.Op]bool{
	zkwire.OpCreate: true, zkwire.OpCreate2: true, zkwire.OpCreateContainer: true, zkwire.OpCreateTTL: true, zkwire.OpDelete: true,
	zkwire.OpSetData: true, zkwire.OpExists: true, zkwire.OpGetData: true, zkwire.OpGetChildren: true, zkwire.OpGetChildren2: true,
	zkwire.OpSetACL: true, zkwire.OpGetACL: true, zkwire.OpSync: true, zkwire.OpAllChildren: true, zkwire.OpGetEphemerals: true,
	zkwire.OpAddWatch: true, zkwire.OpRemoveWatches: true, zkwire.OpCheckWatches: true, zkwire.OpDeleteContainer: true,
}

// data is what is written.
func (s step) data() []byte {
	if strings.HasSuffix(s.Path, limitsNode) || strings.HasSuffix(s.Path, statsNode) {
		return []byte(limits[s.Since%len(limits)])
	}
	if s.Spoil == spoilNullData {
		return nil
	}
	return []byte(s.Data)
}

// request is the record that an operation sends; base is the zxid of the run's start.
func (s step) request(base zkwire.Zxid) zkwire.Record {
	create := zkwire.CreateRequest{Path: s.Path, Data: s.data(), ACL: s.ACL, Flags: s.Flags}
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
		return &zkwire.SetDataRequest{Path: s.Path, Data: s.data(), Version: s.Version}
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
	case zkwire.OpAuth:
		return &s.Auth
	case zkwire.OpDeleteContainer:
		return &zkwire.DeleteContainerRequest{Path: s.Path}
	case zkwire.OpSetWatches:
		return &s.watches(base).SetWatchesRequest
	case zkwire.OpSetWatches2:
		return s.watches(base)
	case zkwire.OpReconfig:
		return &zkwire.ReconfigRequest{Version: -1}
	case zkwire.OpSASL:
		return &zkwire.PathRequest{Path: s.Data} // a token looks the same
	}
	return nil
}

// watches are those that a client says it has set: the parts' paths, in turn.
func (s step) watches(base zkwire.Zxid) *zkwire.SetWatches2Request {
	var q zkwire.SetWatches2Request
	q.Since = base + zkwire.Zxid(s.Since)
	lists := []*[]string{&q.Data, &q.Exist, &q.Child, &q.Persistent, &q.Recursive}
	for i, part := range s.Parts {
		list := lists[(i+int(s.Mode))%len(lists)]
		*list = append(*list, part.Path)
	}
	return &q
}

// multi is a request of several parts.
type multi []step

// Encode implements zkwire.Record.
func (m multi) Encode(e *zkwire.Encoder) {
	for _, part := range m {
		(&zkwire.MultiHeader{Op: part.Op, Code: -1}).Encode(e)
		part.request(0).Encode(e)
	}
	zkwire.MultiEnd.Encode(e)
}

// Decode implements zkwire.Record; requests are only sent.
func (m multi) Decode(d *zkwire.Decoder) { d.Fail() }
