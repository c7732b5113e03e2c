package zkembed

import "oakmoot/internal/zk/zkwire"

// op is all that the server knows of an operation, except for its name, which zkwire has.
type op struct {
	code zkwire.Op
	cons string // what cons calls it: Request.op2String

	// serve carries out a request; nil when the operation is only ever a part of another.
	serve serve
	// prepare reads and checks a change; nil when it changes nothing by itself.
	prepare prepare
	// part is the record of a part of a multi, or of a multiRead; nil when it is none.
	part func() zkwire.Record
	// paths are those that a request names, for rules and the log.
	paths func(*zkwire.Decoder) []string
	// refused by a read-only endpoint: ReadOnlyRequestProcessor.
	refused bool
}

// serve carries out a request and answers it. A code other than OK is a refusal, which it
// leaves to request.carryOut to answer.
type serve func(*state, *request) zkwire.Code

// prepare reads a change from a request, or from a part of a multi, and checks it
// against the tree as it is; it changes nothing.
type prepare func(*caller, zkwire.Op, *zkwire.Decoder) (change, zkwire.Code)

// ops is every operation that a request or a part of one may ask for. It is filled in by
// init because a multi looks up its parts in it.
var ops map[zkwire.Op]*op

func init() { ops = index(rows()) }

// rows are the operations in numeric order.
func rows() []op {
	const refused, allowed = true, false
	return []op{
		{zkwire.OpCloseSession, "CLOS", serveCloseSession, nil, nil, noPath, allowed}, // but see refuseReadOnly
		{zkwire.OpCreate, "CREA", serveChange, prepareCreate, as[zkwire.CreateRequest], onePath, refused},
		{zkwire.OpDelete, "DELE", serveChange, prepareDelete, as[zkwire.VersionRequest], onePath, refused},
		{zkwire.OpExists, "EXIS", serveExists, nil, nil, onePath, allowed},
		{zkwire.OpGetData, "GETD", serveGetData, nil, as[zkwire.ReadRequest], onePath, allowed},
		{zkwire.OpSetData, "SETD", serveChange, prepareSetData, as[zkwire.SetDataRequest], onePath, refused},
		{zkwire.OpGetACL, "GETA", serveGetACL, nil, nil, onePath, allowed},
		{zkwire.OpSetACL, "SETA", serveChange, prepareSetACL, nil, onePath, refused},
		{zkwire.OpGetChildren, "GETC", serveGetChildren, nil, as[zkwire.ReadRequest], onePath, allowed},
		{zkwire.OpSync, "SYNC", serveSync, nil, nil, onePath, refused},
		{zkwire.OpPing, "PING", servePing, nil, nil, noPath, allowed},
		{zkwire.OpGetChildren2, "GETC", serveGetChildren, nil, nil, onePath, allowed},
		{zkwire.OpCheck, "CHEC", nil, prepareCheck, as[zkwire.VersionRequest], onePath, refused},
		{zkwire.OpMulti, "MULT", serveMulti, nil, nil, partPaths, refused},
		{zkwire.OpCreate2, "CRE2", serveChange, prepareCreate, as[zkwire.CreateRequest], onePath, refused},
		{zkwire.OpReconfig, "RECO", serveReconfig, nil, nil, noPath, refused},
		{zkwire.OpCheckWatches, "CHKW", serveCheckWatches, nil, nil, onePath, allowed},
		{zkwire.OpRemoveWatches, "REMW", serveRemoveWatches, nil, nil, onePath, allowed},
		{zkwire.OpCreateContainer, "CREC", serveChange, prepareCreate, as[zkwire.CreateRequest], onePath, refused},
		{zkwire.OpDeleteContainer, "DELC", serveChange, prepareDeleteContainer, nil, onePath, refused},
		{zkwire.OpCreateTTL, "CRET", serveChange, prepareCreate, as[zkwire.CreateTTLRequest], onePath, refused},
		{zkwire.OpMultiRead, "MLTR", serveMultiRead, nil, nil, partPaths, allowed},
		{zkwire.OpAuth, consUnnamed, serveAuth, nil, nil, noPath, allowed},
		{zkwire.OpSetWatches, "SETW", serveSetWatches, nil, nil, noPath, allowed},
		{zkwire.OpSASL, consUnnamed, serveSASL, nil, nil, noPath, allowed},
		{zkwire.OpGetEphemerals, "GETE", serveGetEphemerals, nil, nil, onePath, allowed},
		{zkwire.OpAllChildren, "GETACN", serveAllChildren, nil, nil, onePath, allowed},
		{zkwire.OpSetWatches2, "STW2", serveSetWatches, nil, nil, noPath, allowed},
		{zkwire.OpAddWatch, "ADDW", serveAddWatch, nil, nil, onePath, allowed},
		{zkwire.OpWhoAmI, "HOMI", serveWhoAmI, nil, nil, noPath, allowed},
	}
}

// consUnnamed is what cons shows for an operation without a name.
const consUnnamed = "NA"

// index makes the table searchable; a duplicate row is our own mistake.
func index(rows []op) map[zkwire.Op]*op {
	m := make(map[zkwire.Op]*op, len(rows))
	for i := range rows {
		row := &rows[i]
		if m[row.code] != nil {
			panic("zkembed: operation listed twice: " + row.code.String())
		}
		m[row.code] = row
	}
	return m
}

// as makes a blank record of a type.
func as[T any, R interface {
	*T
	zkwire.Record
}]() zkwire.Record {
	return R(new(T))
}

// changesInMulti reports whether it may be a part of a multi: MultiOperationRecord.
func (o *op) changesInMulti() bool { return o != nil && o.prepare != nil && o.part != nil }

// readsInMulti reports whether it may be a part of a multiRead.
func (o *op) readsInMulti() bool { return o != nil && o.prepare == nil && o.part != nil }

// pathsIn are the paths that a request names. What does not decode ends the list.
func (o *op) pathsIn(body []byte) []string {
	if o == nil {
		return nil
	}
	return o.paths(zkwire.NewDecoder(body))
}

// noPath is for requests that name no path, or more than a rule could match.
func noPath(*zkwire.Decoder) []string { return nil }

// onePath is the path with which most requests begin.
func onePath(d *zkwire.Decoder) []string {
	if path := d.String(); d.Err() == nil {
		return []string{path}
	}
	return nil
}

// partPaths are one path for each part.
func partPaths(d *zkwire.Decoder) []string {
	var paths []string
	for {
		var h zkwire.MultiHeader
		h.Decode(d)
		row := ops[h.Op]
		if h.Done || row == nil || row.part == nil || d.Err() != nil {
			return paths
		}
		ahead := *d // the path is the first field of every part
		path := ahead.String()
		if row.part().Decode(d); d.Err() != nil {
			return paths
		}
		paths = append(paths, path)
	}
}
