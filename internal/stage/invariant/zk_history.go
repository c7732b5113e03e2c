package invariant

import (
	"fmt"
	"path"

	"oakmoot/internal/stage/observe"
)

// history checks that the commits of the ZooKeeper server agree as they pass: the zxids
// rise, each znode's czxid, mzxid, pzxid and version say what has happened to it, and the
// ephemerals of a session are gone in the transaction that closes it. It knows a znode from the first
// commit that touches it.
type history struct {
	finding
	last     int64 // zxid
	znodes   map[string]*past
	owned    map[int64]int // ephemerals by session
	sessions map[int64]bool
}

// past is what is known of a znode.
type past struct {
	observe.Stat
	owner int64
}

func newHistory() *history {
	h := &history{finding: finding{name: ZooKeeperHistory}}
	h.relisted()
	return h
}

// relisted forgets everything: commits are missing.
func (h *history) relisted() {
	h.znodes, h.owned, h.sessions, h.last = map[string]*past{}, map[int64]int{}, map[int64]bool{}, 0
}

func (h *history) changed(s *scene, c observe.Change) {
	h.exercised++
	why := ""
	if c.Zxid < h.last {
		why = fmt.Sprintf("zxid 0x%x comes after 0x%x", c.Zxid, h.last)
	}
	h.last = max(h.last, c.Zxid)
	for _, check := range historyChecks[c.Op] {
		if why == "" {
			why = check(h, c)
		}
	}
	if why != "" {
		h.violation(s, c.Zxid, nil, "%s", why)
	}
}

// historyChecks take a commit, and say what is wrong with it.
var historyChecks = map[observe.Op][]func(*history, observe.Change) string{
	observe.OpCreate:       {(*history).create, (*history).parent},
	observe.OpSet:          {(*history).set},
	observe.OpDelete:       {(*history).delete, (*history).parent},
	observe.OpOpenSession:  {(*history).open},
	observe.OpCloseSession: {(*history).close},
}

func (h *history) create(c observe.Change) string {
	_, known := h.znodes[c.Path]
	h.znodes[c.Path] = &past{c.Stat, c.Owner}
	if c.Owner != 0 {
		h.owned[c.Owner]++
	}
	switch want := (observe.Stat{Czxid: c.Zxid, Mzxid: c.Zxid, Pzxid: c.Zxid}); {
	case known:
		return c.Path + " is created a second time"
	case c.Stat != want:
		return wrongStat(c, want)
	}
	return ""
}

func (h *history) set(c observe.Change) string {
	held, known := h.znodes[c.Path]
	if !known {
		h.znodes[c.Path] = &past{Stat: c.Stat}
		return ""
	}
	want := observe.Stat{Czxid: held.Czxid, Mzxid: c.Zxid, Pzxid: held.Pzxid, Version: held.Version + 1}
	if held.Stat = c.Stat; c.Stat != want {
		return wrongStat(c, want)
	}
	return ""
}

func (h *history) delete(c observe.Change) string {
	held, known := h.znodes[c.Path]
	delete(h.znodes, c.Path)
	if !known {
		return ""
	}
	if held.owner != 0 {
		h.owned[held.owner]--
	}
	if c.Stat != held.Stat {
		return wrongStat(c, held.Stat)
	}
	return ""
}

// parent takes the change of a znode's children.
func (h *history) parent(c observe.Change) string {
	if held, known := h.znodes[path.Dir(c.Path)]; known {
		held.Pzxid = max(held.Pzxid, c.Zxid)
	}
	return ""
}

func (h *history) open(c observe.Change) string {
	if h.sessions[c.Session] {
		return fmt.Sprintf("session 0x%x is opened a second time", c.Session)
	}
	h.sessions[c.Session] = true
	return ""
}

func (h *history) close(c observe.Change) string {
	left := h.owned[c.Session]
	delete(h.owned, c.Session)
	delete(h.sessions, c.Session)
	if left > 0 {
		return fmt.Sprintf("session 0x%x is closed and leaves %d of its ephemerals", c.Session, left)
	}
	return ""
}

// wrongStat says what a commit's Stat ought to be.
func wrongStat(c observe.Change, want observe.Stat) string {
	return fmt.Sprintf("%s of %s: czxid 0x%x, mzxid 0x%x, pzxid 0x%x, version %d; want 0x%x, 0x%x, 0x%x, %d", c.Op, c.Path,
		c.Stat.Czxid, c.Stat.Mzxid, c.Stat.Pzxid, c.Stat.Version, want.Czxid, want.Mzxid, want.Pzxid, want.Version)
}
