package zkwire

import "fmt"

// Code is an error code of a reply: KeeperException.Code. Its zero value is
// success, which is not an error; as an error it is one of the others.
type Code int32

// Codes that a stand-alone server sends.
const (
	OK                       Code = 0
	RuntimeInconsistency     Code = -2
	MarshallingError         Code = -5
	Unimplemented            Code = -6
	BadArguments             Code = -8
	UnknownSession           Code = -12
	NoNode                   Code = -101
	NoAuth                   Code = -102
	BadVersion               Code = -103
	NoChildrenForEphemerals  Code = -108
	NodeExists               Code = -110
	NotEmpty                 Code = -111
	SessionExpired           Code = -112
	InvalidACL               Code = -114
	AuthFailed               Code = -115
	NotReadOnly              Code = -119
	NoWatcher                Code = -121
	ReconfigDisabled         Code = -123
	SessionClosedRequireAuth Code = -124
	QuotaExceeded            Code = -125
)

var codeNames = map[Code]string{
	OK: "ok", RuntimeInconsistency: "runtime inconsistency", MarshallingError: "marshalling error",
	Unimplemented: "unimplemented", BadArguments: "bad arguments", UnknownSession: "unknown session",
	NoNode: "no node", NoAuth: "not authorised", BadVersion: "bad version",
	NoChildrenForEphemerals: "ephemerals have no children", NodeExists: "node exists", NotEmpty: "not empty",
	SessionExpired: "session expired", InvalidACL: "invalid acl", AuthFailed: "authentication failed",
	NotReadOnly: "not read-only", NoWatcher: "no watcher", ReconfigDisabled: "reconfig disabled",
	SessionClosedRequireAuth: "authentication required", QuotaExceeded: "quota exceeded",
}

// Error implements error.
func (c Code) Error() string { return c.String() }

func (c Code) String() string {
	if name, ok := codeNames[c]; ok {
		return name
	}
	return fmt.Sprintf("error code %d", int32(c))
}
