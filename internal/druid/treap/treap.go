// Package treap is a search tree whose nodes know something of what is below them, such as the latest end of all the
// intervals there. It is a treap: a tree by value and a heap by rank. The ranks are drawn from a fixed seed, so the same
// insertions always make the same tree.
package treap

// Node holds a value and what its owner sums up of the values below it.
type Node[V, S any] struct {
	Value       V
	Sum         S // of this node and all below it
	Left, Right *Node[V, S]
	rank        uint64
}

// Tree is ordered by compare. It is not safe for concurrent use, not even for reading while it changes.
type Tree[V, S any] struct {
	root    *Node[V, S]
	size    int
	compare func(a, b *V) int
	sum     func(n *Node[V, S]) // sets n.Sum from n.Value and the sums of its children
	drawn   uint64
}

// New returns an empty tree.
func New[V, S any](compare func(a, b *V) int, sum func(n *Node[V, S])) *Tree[V, S] {
	return &Tree[V, S]{compare: compare, sum: sum, drawn: 0x9e3779b97f4a7c15}
}

// Root is where a search begins; nil if the tree is empty. A search changes nothing.
func (t *Tree[V, S]) Root() *Node[V, S] { return t.root }

// Len is how many values there are.
func (t *Tree[V, S]) Len() int { return t.size }

// Find returns the value that compares equal to v, or nil.
func (t *Tree[V, S]) Find(v *V) *V {
	n := t.root
	for n != nil {
		switch c := t.compare(v, &n.Value); {
		case c == 0:
			return &n.Value
		case c < 0:
			n = n.Left
		default:
			n = n.Right
		}
	}
	return nil
}

// Update has change work on the value that compares equal to v, or on v itself if there is none, and then keeps it, or
// removes it if change returns false. The change must not touch what the values are compared by.
func (t *Tree[V, S]) Update(v V, change func(v *V) (keep bool)) {
	t.root = t.update(t.root, &v, change)
}

func (t *Tree[V, S]) update(n *Node[V, S], v *V, change func(*V) bool) *Node[V, S] {
	if n == nil {
		if !change(v) {
			return nil
		}
		t.size++
		return t.summed(&Node[V, S]{Value: *v, rank: t.rank()})
	}
	switch c := t.compare(v, &n.Value); {
	case c < 0:
		n.Left = t.update(n.Left, v, change)
		if n.Left != nil && n.Left.rank > n.rank {
			return t.rotateRight(n)
		}
	case c > 0:
		n.Right = t.update(n.Right, v, change)
		if n.Right != nil && n.Right.rank > n.rank {
			return t.rotateLeft(n)
		}
	case !change(&n.Value):
		t.size--
		return t.join(n.Left, n.Right)
	}
	return t.summed(n)
}

// Fill puts in values that are in order and different from each other, in place of all that was there. It sums up each
// node once.
func (t *Tree[V, S]) Fill(values []V) {
	var edge []*Node[V, S] // from the root down to the right
	nodes := make([]Node[V, S], len(values))
	for i := range nodes {
		n := &nodes[i]
		n.Value, n.rank = values[i], t.rank()
		for len(edge) > 0 && edge[len(edge)-1].rank < n.rank {
			n.Left = t.summed(edge[len(edge)-1])
			edge = edge[:len(edge)-1]
		}
		if len(edge) > 0 {
			edge[len(edge)-1].Right = n
		}
		edge = append(edge, n)
	}
	for i := len(edge) - 1; i >= 0; i-- {
		t.sum(edge[i])
	}
	t.root, t.size = nil, len(values)
	if len(edge) > 0 {
		t.root = edge[0]
	}
}

// join makes one tree of two, all values of the first being less than those of the second.
func (t *Tree[V, S]) join(a, b *Node[V, S]) *Node[V, S] {
	switch {
	case a == nil:
		return b
	case b == nil:
		return a
	case a.rank > b.rank:
		a.Right = t.join(a.Right, b)
		return t.summed(a)
	}
	b.Left = t.join(a, b.Left)
	return t.summed(b)
}

func (t *Tree[V, S]) rotateRight(n *Node[V, S]) *Node[V, S] {
	up := n.Left
	n.Left = up.Right
	up.Right = t.summed(n)
	return t.summed(up)
}

func (t *Tree[V, S]) rotateLeft(n *Node[V, S]) *Node[V, S] {
	up := n.Right
	n.Right = up.Left
	up.Left = t.summed(n)
	return t.summed(up)
}

func (t *Tree[V, S]) summed(n *Node[V, S]) *Node[V, S] {
	t.sum(n)
	return n
}

// rank draws the next rank: xorshift64.
func (t *Tree[V, S]) rank() uint64 {
	t.drawn ^= t.drawn << 13
	t.drawn ^= t.drawn >> 7
	t.drawn ^= t.drawn << 17
	return t.drawn
}
