package zkembed

import "oakmoot/internal/zk/zkwire"

// op is how the server carries out one kind of request.
type op struct {
	code  zkwire.Op
	serve func(*state, *request)
}

// ops is every request that a client may send, in numeric order. Names, and which
// of them are transactions, are in zkwire.Ops.
var ops = index([]op{
	{zkwire.OpCloseSession, serveCloseSession},
	{zkwire.OpCreate, serveWrite},
	{zkwire.OpDelete, serveWrite},
	{zkwire.OpExists, serveExists},
	{zkwire.OpGetData, serveGetData},
	{zkwire.OpSetData, serveWrite},
	{zkwire.OpGetACL, serveGetACL},
	{zkwire.OpSetACL, serveWrite},
	{zkwire.OpGetChildren, serveGetChildren},
	{zkwire.OpSync, serveSync},
	{zkwire.OpPing, servePing},
	{zkwire.OpGetChildren2, serveGetChildren},
	{zkwire.OpMulti, serveMulti},
	{zkwire.OpCreate2, serveWrite},
	{zkwire.OpReconfig, serveReconfig},
	{zkwire.OpCheckWatches, serveCheckWatches},
	{zkwire.OpRemoveWatches, serveRemoveWatches},
	{zkwire.OpCreateContainer, serveWrite},
	{zkwire.OpDeleteContainer, serveWrite},
	{zkwire.OpCreateTTL, serveWrite},
	{zkwire.OpMultiRead, serveMultiRead},
	{zkwire.OpAuth, serveAuth},
	{zkwire.OpSetWatches, serveSetWatches},
	{zkwire.OpSASL, serveSASL},
	{zkwire.OpGetEphemerals, serveGetEphemerals},
	{zkwire.OpAllChildren, serveAllChildren},
	{zkwire.OpSetWatches2, serveSetWatches},
	{zkwire.OpAddWatch, serveAddWatch},
	{zkwire.OpWhoAmI, serveWhoAmI},
})

// index makes the table searchable; a row twice is a mistake of ours.
func index(rows []op) map[zkwire.Op]op {
	m := make(map[zkwire.Op]op, len(rows))
	for _, row := range rows {
		if _, twice := m[row.code]; twice {
			panic("zkembed: operation listed twice: " + row.code.String())
		}
		m[row.code] = row
	}
	return m
}

// prepare reads a change from a request, or from a part of a multi, and checks it
// against the tree as it is; it changes nothing.
type prepare func(*state, *caller, zkwire.Op, *zkwire.Decoder) (change, zkwire.Code)

// writeOps are the changes that a request makes by itself or as part of a multi.
var writeOps = map[zkwire.Op]prepare{
	zkwire.OpCreate:          prepareCreate,
	zkwire.OpCreate2:         prepareCreate,
	zkwire.OpCreateContainer: prepareCreate,
	zkwire.OpCreateTTL:       prepareCreate,
	zkwire.OpDelete:          prepareDelete,
	zkwire.OpDeleteContainer: prepareDeleteContainer,
	zkwire.OpSetData:         prepareSetData,
	zkwire.OpSetACL:          prepareSetACL,
	zkwire.OpCheck:           prepareCheck,
}

// multiOps are those of them that may be part of a multi: MultiOperationRecord.
var multiOps = map[zkwire.Op]bool{
	zkwire.OpCreate: true, zkwire.OpCreate2: true, zkwire.OpCreateContainer: true, zkwire.OpCreateTTL: true,
	zkwire.OpDelete: true, zkwire.OpSetData: true, zkwire.OpCheck: true,
}
