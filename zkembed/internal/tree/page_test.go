package tree

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

func TestPagesTogetherAreTheWholeTree(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	tr := New()
	paths := []string{"/"}
	for i := range 400 {
		path := Join(paths[rng.IntN(min(len(paths), 30))], fmt.Sprintf("%c%d", "a-.0"[rng.IntN(4)], i))
		tr.put(path, newNode(path[strings.LastIndex(path, "/")+1:], nil, nil, OwnerNone))
		paths = append(paths, path)
	}
	for _, from := range []string{"/", paths[1], paths[7], "/none"} {
		var whole []string
		tr.Each(from, func(path string, _ *Node) { whole = append(whole, path) })
		slices.SortFunc(whole, ComparePaths)
		for _, limit := range []int{1, 3, 50, 1000} {
			var all []string
			for after, more := "", true; more; {
				var page []string
				EachAfter(tr, from, after, limit, func(path string, _ *Node) bool {
					page = append(page, path)
					return len(page) < limit
				})
				if more = len(page) == limit; len(page) > 0 {
					after = page[len(page)-1]
				}
				all = append(all, page...)
			}
			if !slices.Equal(all, whole) {
				t.Errorf("from %s, %d at once:\ngot  %v\nwant %v", from, limit, all, whole)
			}
		}
	}
}

func BenchmarkPageOfManySiblings(b *testing.B) {
	tr := New()
	tr.put("/q", newNode("q", nil, nil, OwnerNone))
	for i := range 100_000 {
		path := fmt.Sprintf("/q/segment_%d", i*7919%100_000)
		tr.put(path, newNode(path[strings.LastIndex(path, "/")+1:], []byte("{}"), nil, OwnerNone))
	}
	for b.Loop() {
		count := 0
		EachAfter(tr, "/q", "/q/segment_5", 1000, func(string, *Node) bool { count++; return count < 1000 })
	}
}
