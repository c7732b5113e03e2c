package recording

import (
	"cmp"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"

	"oakmoot/internal/zk/zkfile"
	"oakmoot/internal/zk/zkwire"
	"oakmoot/zkembed"
)

// peon is the author of whatever nobody else wrote: a batch peon is not known by any znode.
const peon = "peon"

// OfCapture reads a capture: one JSON object per line, each a transaction from a real server's log. who names the
// owner of a session, given as in the capture.
func OfCapture(text []byte, names map[string]string, who func(session string) string) (*Recording, error) {
	r := New(names)
	for line := range strings.Lines(string(text)) {
		var txn struct {
			Session, Op, Path, Flags string
			Hex                      hexBytes
			Paths                    []string // that went with a session
			Ops                      []struct{ Op, Path string }
		}
		if err := json.Unmarshal([]byte(line), &txn); err != nil {
			return nil, fmt.Errorf("capture: %w in %s", err, line)
		}
		by := cmp.Or(who(txn.Session), peon)
		switch txn.Op {
		case "create", "set", "delete":
			r.Add(by, Change{txn.Op, txn.Path, strings.HasPrefix(txn.Flags, "EPHEMERAL"), txn.Hex})
		case "multi":
			for _, op := range txn.Ops {
				r.Add(by, Change{Op: "multi " + op.Op, Path: op.Path})
			}
		case "close":
			r.Lapse(by, txn.Paths)
		}
	}
	return r, nil
}

// hexBytes are bytes written as hexadecimal digits.
type hexBytes []byte

// UnmarshalText implements encoding.TextUnmarshaler.
func (h *hexBytes) UnmarshalText(text []byte) (err error) {
	*h, err = hex.DecodeString(string(text))
	return err
}

// OfCommits is what our server's commit stream yielded. who names the owner of a session.
func OfCommits(commits []zkembed.Commit, names map[string]string, who func(session int64) string) *Recording {
	r := New(names)
	for len(commits) > 0 {
		n := 1
		for n < len(commits) && commits[n].Zxid == commits[0].Zxid {
			n++
		}
		r.transaction(cmp.Or(who(int64(commits[0].Session)), peon), commits[:n])
		commits = commits[n:]
	}
	return r
}

var commitOps = map[zkembed.CommitKind]string{
	zkembed.CommitCreate: "create", zkembed.CommitSetData: "set", zkembed.CommitDelete: "delete",
}

// transaction records the commits of one transaction.
func (r *Recording) transaction(who string, commits []zkembed.Commit) {
	var lapsed []string
	for _, c := range commits {
		op, known := commitOps[c.Kind]
		switch {
		case !known:
		case c.Op == "closeSession":
			lapsed = append(lapsed, c.Path)
		case c.Op == "multi":
			r.Add(who, Change{"multi " + op, c.Path, c.Owner != 0, c.After})
		default:
			r.Add(who, Change{op, c.Path, c.Owner != 0, c.After})
		}
	}
	r.Lapse(who, lapsed)
}

// logOps are the operations in Apache's log; the others change no znode.
var logOps = map[zkwire.Op]string{
	zkwire.OpCreate: "create", zkwire.OpCreate2: "create", zkwire.OpCreateContainer: "create", zkwire.OpCreateTTL: "create",
	zkwire.OpSetData: "set", zkwire.OpDelete: "delete", zkwire.OpDeleteContainer: "delete",
}

// OfApacheLog is what a real ZooKeeper has in its data directory from a zxid on. A log says which session ended, but
// not which ephemerals went with it: those that the session had created and not deleted.
func OfApacheLog(dir string, from int64, names map[string]string, who func(session int64) string) (*Recording, error) {
	r := New(names)
	owned := map[zkwire.SessionID]map[string]bool{}
	err := zkfile.ReadLogs(dir, func(t *zkfile.Txn) error {
		by := cmp.Or(who(int64(t.Session)), peon)
		listed := int64(t.Zxid) >= from
		for _, e := range t.Effects {
			switch op := logOps[e.Op]; op {
			case "":
				continue
			case "create":
				if e.Owner == int64(t.Session) {
					if owned[t.Session] == nil {
						owned[t.Session] = map[string]bool{}
					}
					owned[t.Session][e.Path] = true
				}
			case "delete":
				for _, paths := range owned {
					delete(paths, e.Path)
				}
			}
			if listed {
				op := logOps[e.Op]
				if t.Op == zkwire.OpMulti {
					op = "multi " + op
				}
				r.Add(by, Change{op, e.Path, e.Owner == int64(t.Session), e.Data})
			}
		}
		if t.Op == zkwire.OpCloseSession {
			if listed {
				r.Lapse(by, keys(owned[t.Session]))
			}
			delete(owned, t.Session)
		}
		return nil
	})
	return r, err
}

func keys(set map[string]bool) (all []string) {
	for key := range set {
		all = append(all, key)
	}
	return all
}
