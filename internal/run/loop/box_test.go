package loop

import (
	"slices"
	"sync"
	"testing"
)

func TestABoxGivesEverythingOnceInOrder(t *testing.T) {
	b := NewBox[int]()
	const each = 1000
	var all sync.WaitGroup
	for i := range 2 {
		all.Go(func() {
			for n := range each {
				b.Put(i*each + n)
			}
		})
	}
	var got [2][]int
	for len(got[0])+len(got[1]) < 2*each {
		<-b.Some()
		for _, n := range b.Take() {
			got[n/each] = append(got[n/each], n)
		}
	}
	all.Wait()
	if !slices.IsSorted(got[0]) || !slices.IsSorted(got[1]) || len(b.Take()) > 0 {
		t.Error("not everything came once and in the order of those who left it")
	}
}
