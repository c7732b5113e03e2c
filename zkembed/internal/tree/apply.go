package tree

import (
	"math"
	"slices"

	"oakmoot/internal/zk/zkwire"
)

// Undo takes effects back, the last first. It is for a multi of which a later part fails;
// everything else passes nil.
type Undo struct{ steps []func() }

func (u *Undo) add(step func()) {
	if u != nil {
		u.steps = append(u.steps, step)
	}
}

// TakeBack undoes what was applied with it.
func (u *Undo) TakeBack() {
	for _, step := range slices.Backward(u.steps) {
		step()
	}
}

// Apply carries out an effect as part of a transaction, and notes in it what replies,
// events and the commit stream need. It checks nothing: the caller has. What the effect
// adds to the use of a quota is counted.
func (t *Tree) Apply(tx *Txn, e *Effect, undo *Undo) {
	tx.Effects = append(tx.Effects, e)
	t.apply(e, tx.Zxid, tx.Time, undo)
	t.Quotas.account(e, undo)
}

// Redo carries out an effect that comes from a file; false when it does not fit the tree.
// Quotas do not count it: Quotas.Count does, once everything is there.
func (t *Tree) Redo(tx *Txn, e *Effect) bool {
	if !t.applicable(e) {
		return false
	}
	t.apply(e, tx.Zxid, tx.Time, nil)
	return true
}

// applicable reports whether an effect that comes from a file can be carried out.
func (t *Tree) applicable(e *Effect) bool {
	n := t.Near(e.Path)
	switch e.Kind {
	case Create:
		return n == nil && t.hasPlace(e.Path)
	case Delete:
		return n != nil && n.Children() == 0 && !Builtin(e.Path)
	}
	return n != nil
}

func (t *Tree) apply(e *Effect, zxid zkwire.Zxid, now int64, undo *Undo) {
	t.walking.save(e.Path)
	parent, name := t.Parent(e.Path)
	e.ParentACL = parent.ACL()
	switch e.Kind {
	case Create:
		t.create(e, parent, name, zxid, now, undo)
	case Delete:
		t.remove(e, parent, name, zxid, undo)
	case SetData:
		t.setData(e, zxid, now, undo)
	case SetACL:
		t.setACL(e, undo)
	}
}

func (t *Tree) create(e *Effect, parent *Node, name string, zxid zkwire.Zxid, now int64, undo *Undo) {
	n := newNode(name, e.Data, e.ACL, e.Owner)
	n.czxid, n.mzxid, n.ctime, n.mtime = zxid, zxid, now, now
	if n.more != nil {
		n.more.pzxid = zxid
	}
	t.put(e.Path, n)
	created, pzxid := parent.more.created, parent.more.pzxid
	if created != math.MaxInt32 {
		parent.more.created++
	}
	parent.more.pzxid = zxid
	e.Data, e.NodeACL, e.Stat = n.Data(), n.ACL(), n.Stat()
	if undo != nil {
		undo.add(func() {
			t.take(e.Path, parent, n)
			parent.more.created, parent.more.pzxid = created, pzxid
		})
	}
}

func (t *Tree) remove(e *Effect, parent *Node, name string, zxid zkwire.Zxid, undo *Undo) {
	n := parent.kids().find(name)
	e.NodeACL, e.Stat, e.Before = n.ACL(), n.Stat(), n.Data()
	t.take(e.Path, parent, n)
	pzxid := parent.more.pzxid
	parent.more.pzxid = zxid
	if undo != nil {
		undo.add(func() {
			t.put(e.Path, n)
			parent.more.pzxid = pzxid
		})
	}
}

func (t *Tree) setData(e *Effect, zxid zkwire.Zxid, now int64, undo *Undo) {
	n := t.Lookup(e.Path)
	if undo != nil {
		old := *n
		undo.add(func() {
			t.bytes += int64(old.Size() - n.Size())
			*n = old
		})
	}
	e.Before = n.Data()
	t.bytes += int64(len(e.Data) - n.Size())
	n.setBlob(n.Name(), e.Data)
	n.mzxid, n.mtime = zxid, now
	n.version += plantedVersionStep
	e.Data, e.NodeACL, e.Stat = n.Data(), n.ACL(), n.Stat()
}

// rewrite changes a node's data without a trace in its Stat: the use of a quota.
func (t *Tree) rewrite(path string, data []byte) {
	t.walking.save(path)
	n := t.Lookup(path)
	t.bytes += int64(len(data) - n.Size())
	n.setBlob(n.Name(), data)
}

func (t *Tree) setACL(e *Effect, undo *Undo) {
	n := t.Lookup(e.Path)
	m := n.extended()
	acl, aversion := m.acl, m.aversion
	m.acl = e.ACL
	m.aversion++
	e.NodeACL, e.Stat = n.ACL(), n.Stat()
	if undo != nil {
		undo.add(func() { m.acl, m.aversion = acl, aversion })
	}
}
