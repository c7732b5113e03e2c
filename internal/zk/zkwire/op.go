package zkwire

import "fmt"

// Op is an operation's code: ZooDefs.OpCode.
type Op int32

// Operations.
const (
	OpNotification    Op = 0
	OpCreate          Op = 1
	OpDelete          Op = 2
	OpExists          Op = 3
	OpGetData         Op = 4
	OpSetData         Op = 5
	OpGetACL          Op = 6
	OpSetACL          Op = 7
	OpGetChildren     Op = 8
	OpSync            Op = 9
	OpPing            Op = 11
	OpGetChildren2    Op = 12
	OpCheck           Op = 13
	OpMulti           Op = 14
	OpCreate2         Op = 15
	OpReconfig        Op = 16
	OpCheckWatches    Op = 17
	OpRemoveWatches   Op = 18
	OpCreateContainer Op = 19
	OpDeleteContainer Op = 20
	OpCreateTTL       Op = 21
	OpMultiRead       Op = 22
	OpAuth            Op = 100
	OpSetWatches      Op = 101
	OpSASL            Op = 102
	OpGetEphemerals   Op = 103
	OpAllChildren     Op = 104
	OpSetWatches2     Op = 105
	OpAddWatch        Op = 106
	OpWhoAmI          Op = 107
	OpError           Op = -1
	OpCreateSession   Op = -10
	OpCloseSession    Op = -11
)

// OpInfo describes an operation.
type OpInfo struct {
	Op     Op
	Name   string
	Writes bool // a request of this kind is a transaction of its own
	Client bool // a client may send it as a request
}

// Ops is every operation, in numeric order.
var Ops = []OpInfo{
	{OpCloseSession, "closeSession", true, true},
	{OpCreateSession, "createSession", true, false},
	{OpError, "error", false, false},
	{OpNotification, "notification", false, false},
	{OpCreate, "create", true, true},
	{OpDelete, "delete", true, true},
	{OpExists, "exists", false, true},
	{OpGetData, "getData", false, true},
	{OpSetData, "setData", true, true},
	{OpGetACL, "getACL", false, true},
	{OpSetACL, "setACL", true, true},
	{OpGetChildren, "getChildren", false, true},
	{OpSync, "sync", false, true},
	{OpPing, "ping", false, true},
	{OpGetChildren2, "getChildren2", false, true},
	{OpCheck, "check", false, false},
	{OpMulti, "multi", true, true},
	{OpCreate2, "create2", true, true},
	{OpReconfig, "reconfig", true, true},
	{OpCheckWatches, "checkWatches", false, true},
	{OpRemoveWatches, "removeWatches", false, true},
	{OpCreateContainer, "createContainer", true, true},
	{OpDeleteContainer, "deleteContainer", true, true},
	{OpCreateTTL, "createTTL", true, true},
	{OpMultiRead, "multiRead", false, true},
	{OpAuth, "auth", false, true},
	{OpSetWatches, "setWatches", false, true},
	{OpSASL, "sasl", false, true},
	{OpGetEphemerals, "getEphemerals", false, true},
	{OpAllChildren, "getAllChildrenNumber", false, true},
	{OpSetWatches2, "setWatches2", false, true},
	{OpAddWatch, "addWatch", false, true},
	{OpWhoAmI, "whoAmI", false, true},
}

var opsByCode = indexOps()

func indexOps() map[Op]OpInfo {
	m := make(map[Op]OpInfo, len(Ops))
	for _, info := range Ops {
		if _, twice := m[info.Op]; twice {
			panic("zkwire: operation listed twice: " + info.Name)
		}
		m[info.Op] = info
	}
	return m
}

// Info describes the operation; ok is false for an unknown code.
func (o Op) Info() (info OpInfo, ok bool) {
	info, ok = opsByCode[o]
	return info, ok
}

func (o Op) String() string {
	if info, ok := opsByCode[o]; ok {
		return info.Name
	}
	return fmt.Sprintf("op %d", int32(o))
}
