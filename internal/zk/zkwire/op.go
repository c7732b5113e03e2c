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

// OpInfo is an operation and its name.
type OpInfo struct {
	Op   Op
	Name string
}

// Ops is every operation, in numeric order.
var Ops = []OpInfo{
	{OpCloseSession, "closeSession"},
	{OpCreateSession, "createSession"},
	{OpError, "error"},
	{OpNotification, "notification"},
	{OpCreate, "create"},
	{OpDelete, "delete"},
	{OpExists, "exists"},
	{OpGetData, "getData"},
	{OpSetData, "setData"},
	{OpGetACL, "getACL"},
	{OpSetACL, "setACL"},
	{OpGetChildren, "getChildren"},
	{OpSync, "sync"},
	{OpPing, "ping"},
	{OpGetChildren2, "getChildren2"},
	{OpCheck, "check"},
	{OpMulti, "multi"},
	{OpCreate2, "create2"},
	{OpReconfig, "reconfig"},
	{OpCheckWatches, "checkWatches"},
	{OpRemoveWatches, "removeWatches"},
	{OpCreateContainer, "createContainer"},
	{OpDeleteContainer, "deleteContainer"},
	{OpCreateTTL, "createTTL"},
	{OpMultiRead, "multiRead"},
	{OpAuth, "auth"},
	{OpSetWatches, "setWatches"},
	{OpSASL, "sasl"},
	{OpGetEphemerals, "getEphemerals"},
	{OpAllChildren, "getAllChildrenNumber"},
	{OpSetWatches2, "setWatches2"},
	{OpAddWatch, "addWatch"},
	{OpWhoAmI, "whoAmI"},
}

var names = indexOps()

func indexOps() map[Op]string {
	m := make(map[Op]string, len(Ops))
	for _, info := range Ops {
		if _, twice := m[info.Op]; twice {
			panic("zkwire: operation listed twice: " + info.Name)
		}
		m[info.Op] = info.Name
	}
	return m
}

func (o Op) String() string {
	if name, ok := names[o]; ok {
		return name
	}
	return fmt.Sprintf("op %d", int32(o))
}
