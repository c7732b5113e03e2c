package treap_test

import (
	"cmp"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"oakmoot/internal/druid/treap"
)

// TestTreeHoldsWhatASetHolds: in order, with right sums, and not much deeper than it must be.
func TestTreeHoldsWhatASetHolds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		tree, want := newTree(), map[int]bool{}
		for _, v := range rapid.SliceOf(rapid.IntRange(0, 40)).Draw(t, "values") {
			want[v] = !want[v]
			if !want[v] {
				delete(want, v)
			}
			tree.Update(v, func(*int) bool { return want[v] })
		}
		var got []int
		if total := walk(t, tree.Root(), &got); tree.Root() != nil && total != tree.Root().Sum {
			t.Errorf("got a sum of %d, want %d", tree.Root().Sum, total)
		}
		if !slices.IsSorted(got) || len(got) != len(want) || tree.Len() != len(want) {
			t.Errorf("got %v, want %v", got, want)
		}
		if rapid.Bool().Draw(t, "filled") {
			tree.Fill(slices.Clone(got))
			var again []int
			walk(t, tree.Root(), &again)
			if !slices.Equal(got, again) {
				t.Errorf("got %v after filling in %v", again, got)
			}
		}
		for v := range 41 {
			if found := tree.Find(&v) != nil; found != want[v] {
				t.Errorf("%d: got found %t, want %t", v, found, want[v])
			}
		}
	})
}

func TestSortedValuesMakeAShallowTree(t *testing.T) {
	tree := newTree()
	for v := range 10_000 {
		tree.Update(v, func(*int) bool { return true })
	}
	if got := depth(tree.Root()); got > 60 {
		t.Errorf("got a depth of %d for 10,000 values", got)
	}
}

func newTree() *treap.Tree[int, int] {
	return treap.New(func(a, b *int) int { return cmp.Compare(*a, *b) }, func(n *treap.Node[int, int]) {
		n.Sum = n.Value
		for _, child := range []*treap.Node[int, int]{n.Left, n.Right} {
			if child != nil {
				n.Sum += child.Sum
			}
		}
	})
}

func walk(t *rapid.T, n *treap.Node[int, int], all *[]int) int {
	if n == nil {
		return 0
	}
	total := walk(t, n.Left, all)
	*all = append(*all, n.Value)
	total += n.Value + walk(t, n.Right, all)
	if n.Sum != total {
		t.Errorf("%d: got a sum of %d, want %d", n.Value, n.Sum, total)
	}
	return total
}

func depth(n *treap.Node[int, int]) int {
	if n == nil {
		return 0
	}
	return 1 + max(depth(n.Left), depth(n.Right))
}
