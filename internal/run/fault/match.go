package fault

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"oakmoot/internal/run/fault/httpmsg"
	"oakmoot/internal/run/fault/zkframe"
	"oakmoot/internal/zk/zkwire"
)

// Frames selects ZooKeeper requests, with their replies, and notifications.
type Frames struct {
	// Ops are words of OpWords; none means every operation, pings and the connect
	// request too.
	Ops []string
	// Path is a glob: * stands for anything within a level, ** for any number of levels;
	// "" means every path, and no path. It is matched against the path on the wire, with
	// the chroot that the client puts before it.
	Path string
}

// opWords are what an operation is called in a rule, and which it means.
var opWords = []struct {
	word string
	ops  []zkwire.Op
}{
	{"create", []zkwire.Op{zkwire.OpCreate, zkwire.OpCreate2, zkwire.OpCreateContainer, zkwire.OpCreateTTL}},
	{"delete", []zkwire.Op{zkwire.OpDelete, zkwire.OpDeleteContainer}},
	{"setData", []zkwire.Op{zkwire.OpSetData}},
	{"setACL", []zkwire.Op{zkwire.OpSetACL}},
	{"check", []zkwire.Op{zkwire.OpCheck}},
	{"multi", []zkwire.Op{zkwire.OpMulti}},
	{"reconfig", []zkwire.Op{zkwire.OpReconfig}},
	{"exists", []zkwire.Op{zkwire.OpExists}},
	{"getData", []zkwire.Op{zkwire.OpGetData}},
	{"getACL", []zkwire.Op{zkwire.OpGetACL}},
	{"getChildren", []zkwire.Op{zkwire.OpGetChildren, zkwire.OpGetChildren2}},
	{"getEphemerals", []zkwire.Op{zkwire.OpGetEphemerals}},
	{"getAllChildrenNumber", []zkwire.Op{zkwire.OpAllChildren}},
	{"multiRead", []zkwire.Op{zkwire.OpMultiRead}},
	{"sync", []zkwire.Op{zkwire.OpSync}},
	{"addWatch", []zkwire.Op{zkwire.OpAddWatch}},
	{"setWatches", []zkwire.Op{zkwire.OpSetWatches, zkwire.OpSetWatches2}},
	{"removeWatches", []zkwire.Op{zkwire.OpRemoveWatches, zkwire.OpCheckWatches}},
	{"whoAmI", []zkwire.Op{zkwire.OpWhoAmI}},
	{"auth", []zkwire.Op{zkwire.OpAuth, zkwire.OpSASL}},
	{"ping", []zkwire.Op{zkwire.OpPing}},
	{"connect", []zkwire.Op{zkwire.OpCreateSession}},
	{"closeSession", []zkwire.Op{zkwire.OpCloseSession}},
	{"notification", []zkwire.Op{zkwire.OpNotification}},
	{"write", []zkwire.Op{
		zkwire.OpCreate, zkwire.OpCreate2, zkwire.OpCreateContainer, zkwire.OpCreateTTL, zkwire.OpDelete,
		zkwire.OpDeleteContainer, zkwire.OpSetData, zkwire.OpSetACL, zkwire.OpReconfig, zkwire.OpMulti,
	}},
	{"read", []zkwire.Op{
		zkwire.OpExists, zkwire.OpGetData, zkwire.OpGetACL, zkwire.OpGetChildren, zkwire.OpGetChildren2,
		zkwire.OpGetEphemerals, zkwire.OpAllChildren, zkwire.OpMultiRead,
	}},
}

// OpWords are the words that Frames.Ops can hold.
func OpWords() []string {
	var words []string
	for _, w := range opWords {
		words = append(words, w.word)
	}
	return words
}

func opsOf(word string) []zkwire.Op {
	for _, w := range opWords {
		if w.word == word {
			return w.ops
		}
	}
	return nil
}

func (f *Frames) check() error {
	for _, word := range f.Ops {
		if opsOf(word) == nil {
			return fmt.Errorf("fault: unknown ZooKeeper operation %q: want one of %s", word, strings.Join(OpWords(), ", "))
		}
	}
	return checkGlob(f.Path)
}

// means reports whether a request is meant, or a part of a multi.
func (f *Frames) means(r *zkframe.Request) bool {
	within := func(part zkframe.Request) bool { return f.means(&part) }
	if slices.ContainsFunc(r.Parts, within) {
		return true
	}
	if !f.operation(r.Op) {
		return false
	}
	reaches := func(part zkframe.Request) bool { return Glob(f.Path, part.Path) }
	return f.Path == "" || Glob(f.Path, r.Path) || slices.ContainsFunc(r.Parts, reaches)
}

func (f *Frames) operation(op zkwire.Op) bool {
	meant := func(word string) bool { return slices.Contains(opsOf(word), op) }
	return len(f.Ops) == 0 || slices.ContainsFunc(f.Ops, meant)
}

// Exchanges selects HTTP exchanges.
type Exchanges struct {
	Methods  []string // none means all
	Resource string   // a glob as that of Frames, for the path without the query; "" means every resource
}

func (e *Exchanges) check() error { return checkGlob(e.Resource) }

func (e *Exchanges) means(r *httpmsg.Request) bool {
	return (len(e.Methods) == 0 || slices.Contains(e.Methods, r.Method)) && (e.Resource == "" || Glob(e.Resource, r.Resource))
}

// Glob reports whether a path matches a pattern, level by level: * and ? stand for
// characters within a level, ** for any number of levels.
func Glob(pattern, name string) bool {
	return globLevels(strings.Split(pattern, "/"), strings.Split(name, "/"))
}

func globLevels(pattern, name []string) bool {
	for len(pattern) > 0 && pattern[0] != "**" {
		if len(name) == 0 {
			return false
		}
		if ok, err := path.Match(pattern[0], name[0]); !ok || err != nil {
			return false
		}
		pattern, name = pattern[1:], name[1:]
	}
	if len(pattern) == 0 {
		return len(name) == 0
	}
	for rest := pattern[1:]; ; name = name[1:] {
		if globLevels(rest, name) {
			return true
		}
		if len(name) == 0 {
			return false
		}
	}
}

func checkGlob(pattern string) error {
	for level := range strings.SplitSeq(pattern, "/") {
		if _, err := path.Match(level, ""); err != nil {
			return fmt.Errorf("fault: pattern %q: %w", pattern, err)
		}
	}
	return nil
}
