package tree

import (
	"hash/maphash"
	"iter"

	"oakmoot/internal/zk/zkwire"
)

// kids are a node's children by name: a hash table of pointers, because a map
// would keep each name a second time, and there may be a million of them. Probing
// is linear, and a removal closes its gap; the names' hashes are kept beside the pointers,
// so that neither has to look at any child but the one in question. The order only changes
// with the table.
type kids struct {
	slots  []*Node  // a power of two, nil where free
	hashes []uint32 // of the names in slots, 0 where free
	used   int
	listed []byte // of many: their names as a reply has them, nil since the last change
}

// listedFrom is how many children a node must have for their list to be kept: making the
// list of a few costs no more than copying it.
const listedFrom = 256

const (
	leastSlots = 4
	// A table is doubled before more than three of four slots are used, and halved
	// when fewer than one of eight is.
	loadOf, loadUnit = 3, 4
	shrinkAt         = 8
)

var nameSeed = maphash.MakeSeed()

func (k *kids) len() int {
	if k == nil {
		return 0
	}
	return k.used
}

// hashOf is a name's hash, which is never 0.
func hashOf(name string) uint32 { return max(1, uint32(maphash.String(nameSeed, name))) }

// home is the slot at which the search for a hash begins.
func (k *kids) home(hash uint32) int { return int(hash) & (len(k.slots) - 1) }

func (k *kids) next(i int) int { return (i + 1) & (len(k.slots) - 1) }

// find is the child of a name, nil without one.
func (k *kids) find(name string) *Node {
	if k.len() == 0 {
		return nil
	}
	hash := hashOf(name)
	for i := k.home(hash); k.hashes[i] != 0; i = k.next(i) {
		if k.hashes[i] == hash && k.slots[i].Name() == name {
			return k.slots[i]
		}
	}
	return nil
}

// add adds a child whose name is not there.
func (k *kids) add(n *Node) {
	k.listed = nil
	if (k.used+1)*loadUnit > len(k.slots)*loadOf {
		k.resize(max(leastSlots, 2*len(k.slots)))
	}
	k.place(n, hashOf(n.Name()))
	k.used++
}

func (k *kids) place(n *Node, hash uint32) {
	i := k.home(hash)
	for k.hashes[i] != 0 {
		i = k.next(i)
	}
	k.slots[i], k.hashes[i] = n, hash
}

// remove removes a child that is there.
func (k *kids) remove(n *Node) {
	k.listed = nil
	i := k.home(hashOf(n.Name()))
	for k.slots[i] != n {
		i = k.next(i)
	}
	k.used--
	k.closeGap(i)
	if len(k.slots) > leastSlots && k.used*shrinkAt < len(k.slots) {
		k.resize(len(k.slots) / 2)
	}
}

// closeGap frees a slot and moves up what would otherwise no longer be found.
func (k *kids) closeGap(gap int) {
	for i := k.next(gap); k.hashes[i] != 0; i = k.next(i) {
		home := k.home(k.hashes[i])
		if (i-home)&(len(k.slots)-1) >= (i-gap)&(len(k.slots)-1) {
			k.slots[gap], k.hashes[gap] = k.slots[i], k.hashes[i]
			gap = i
		}
	}
	k.slots[gap], k.hashes[gap] = nil, 0
}

func (k *kids) resize(size int) {
	slots, hashes := k.slots, k.hashes
	k.slots, k.hashes = make([]*Node, size), make([]uint32, size)
	for i, n := range slots {
		if n != nil {
			k.place(n, hashes[i])
		}
	}
}

// encode writes their names, as a reply has them.
func (k *kids) encode(out *zkwire.Encoder) {
	if k.len() < listedFrom {
		k.encodeAnew(out)
		return
	}
	if k.listed == nil {
		var names zkwire.Encoder
		k.encodeAnew(&names)
		k.listed = names.Buf
	}
	out.Buf = append(out.Buf, k.listed...)
}

func (k *kids) encodeAnew(out *zkwire.Encoder) {
	out.Int(int32(k.len()))
	for child := range k.all() {
		out.String(child.Name())
	}
}

// all are the children; nothing may change meanwhile.
func (k *kids) all() iter.Seq[*Node] {
	return func(yield func(*Node) bool) {
		if k == nil {
			return
		}
		for _, n := range k.slots {
			if n != nil && !yield(n) {
				return
			}
		}
	}
}
