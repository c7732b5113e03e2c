package cluster

import (
	"cmp"
	"fmt"
	"slices"

	"oakmoot/internal/stage/history"
	"oakmoot/internal/stage/observe"
	"oakmoot/internal/zk/zkpath"
)

// TreeAt lists the znodes at and below a path as they were, parents first.
func (p *Past) TreeAt(seq int64, path string, page Page) (l Listing[Znode], err error) {
	if path, err = treePath(path); err != nil {
		return l, err
	}
	err = p.at(seq, func(past history.Past) {
		var items []Znode
		enter := func(other string) bool { return leadsBehind(other, page.After) }
		past.Walk(path, enter, func(one string) bool {
			if comesBehind(one, page.After) {
				items = append(items, znodeAt(past, one))
			}
			return len(items) <= page.limit()
		})
		l = listed(items, page.limit(), -1, func(n Znode) string { return n.Path })
	})
	return l, err
}

// ChildrenAt lists the children of a znode as they were, each with how many children it has.
func (p *Past) ChildrenAt(seq int64, path string, page Page) (l Listing[Znode], err error) {
	if path, err = treePath(path); err != nil {
		return l, err
	}
	err = p.at(seq, func(past history.Past) {
		names := past.Children(path)
		items := make([]Znode, len(names))
		for i, child := range names {
			items[i] = znodeAt(past, child)
			items[i].Children = new(past.CountChildren(child))
		}
		l = pageOf(items, page, func(n Znode) string { return n.Path })
	})
	return l, err
}

// znodeAt is a znode as it was. One of which no step tells is a directory above the others.
func znodeAt(past history.Past, path string) Znode {
	n, there := past.Znode(path)
	if !there {
		return Znode{Path: path, Data: []byte{}}
	}
	z := describe(n, past.Paths)
	if n.Owner != 0 {
		z.Owner = cmp.Or(past.Moment.Who(n.Owner), fmt.Sprintf("0x%x", n.Owner))
	}
	return z
}

// describe is a znode with everything but its owner's name.
func describe(n observe.Znode, paths zkpath.Paths) Znode {
	kind := paths.Parse(n.Path).Kind
	return Znode{
		Path: n.Path, Ephemeral: n.Owner != 0, Version: n.Version, Data: n.Data, Text: readable(n.Data), Kind: string(kind),
		Czxid: n.Czxid, Mzxid: n.Mzxid,
	}
}

// ZnodeAt is a znode as it was.
func (p *Past) ZnodeAt(seq int64, path string) (z Znode, err error) {
	if path, err = treePath(path); err != nil {
		return z, err
	}
	var missing error
	err = p.at(seq, func(past history.Past) {
		children := past.CountChildren(path)
		if _, there := past.Znode(path); !there && children == 0 {
			missing = fmt.Errorf("%w: there is no znode %s", ErrBadExpression, path)
			return
		}
		z = znodeAt(past, path)
		z.Children, z.Means = &children, observe.Means(past.Paths, path)
	})
	return z, cmp.Or(err, missing)
}

// Owned is what ends with the sessions of a node.
type Owned struct {
	Paths []string `json:"paths"` // the first of them
	Total int      `json:"total"`
}

// ownedShown is how many paths are named.
const ownedShown = 100

// OwnedAt is what would have ended with the sessions of a node.
func (p *Past) OwnedAt(seq int64, node string) (o Owned, err error) {
	var unknown error
	err = p.at(seq, func(past history.Past) { o, unknown = ownedBy(past.Moment, node) })
	return o, cmp.Or(err, unknown)
}

// ownedBy is what ends with the sessions of a node.
func ownedBy(m *observe.Moment, node string) (o Owned, err error) {
	i := slices.IndexFunc(m.Nodes(), func(n observe.Node) bool { return n.Name == node })
	if i < 0 {
		return o, fmt.Errorf("%w: no node %q", ErrBadExpression, node)
	}
	n := m.Nodes()[i]
	sessions := m.Lingering(n)
	if n.Session != 0 && n.Runs() {
		sessions = append(sessions, n.Session)
	}
	o.Paths = m.Ephemerals(sessions)
	o.Total = len(o.Paths)
	o.Paths = o.Paths[:min(len(o.Paths), ownedShown)]
	return o, nil
}
