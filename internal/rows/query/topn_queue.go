package query

import (
	"cmp"
	"slices"

	"oakmoot/internal/rows/segment"
)

// topNEntry is a value of the dimension with what it is ordered by.
type topNEntry struct {
	value string
	by    float64
	sums  []any
}

// highest keeps the first n entries in the order of the answer. They must be added in
// the order in which Druid meets them, which decides which of several equal ones are
// kept and, when ordering by a dimension, which comes first: TopNNumericResultBuilder
// and TopNLexicographicResultBuilder, with their PriorityQueue.
func (m topNMetric) highest(all []topNEntry, n int) []topNEntry {
	var q priorityQueue
	var keep func(e topNEntry, full bool) bool
	var order func(a, b topNEntry) int
	if m.compare != nil {
		q.less = func(a, b topNEntry) bool { return m.byValue(b.value, a.value) < 0 }
		keep = func(e topNEntry, full bool) bool {
			return (!full || e.value != "") && m.afterStop(e.value)
		}
		order = func(a, b topNEntry) int { return m.byValue(a.value, b.value) }
	} else {
		q.less = func(a, b topNEntry) bool {
			return cmp.Or(m.byMetric(a.by, b.by), segment.CompareStrings(a.value, b.value)) < 0
		}
		keep = func(e topNEntry, full bool) bool { return !full || m.byMetric(q.heap[0].by, e.by) < 0 }
		order = func(a, b topNEntry) int {
			return cmp.Or(m.byMetric(b.by, a.by), segment.CompareStrings(a.value, b.value))
		}
	}
	for _, e := range all {
		if !keep(e, len(q.heap) >= n) {
			continue
		}
		if q.add(e); len(q.heap) > n {
			q.poll()
		}
	}
	slices.SortStableFunc(q.heap, order)
	return q.heap
}

// priorityQueue is java.util.PriorityQueue: the positions of entries in its array show
// in answers.
type priorityQueue struct {
	heap []topNEntry
	less func(a, b topNEntry) bool
}

func (q *priorityQueue) add(e topNEntry) {
	q.heap = append(q.heap, e)
	k := len(q.heap) - 1
	for k > 0 {
		parent := (k - 1) / 2
		if !q.less(e, q.heap[parent]) {
			break
		}
		q.heap[k] = q.heap[parent]
		k = parent
	}
	q.heap[k] = e
}

// poll removes the least entry.
func (q *priorityQueue) poll() {
	n := len(q.heap) - 1
	last := q.heap[n]
	q.heap = q.heap[:n]
	if n == 0 {
		return
	}
	k := 0
	for k < n/2 {
		child := 2*k + 1
		if right := child + 1; right < n && q.less(q.heap[right], q.heap[child]) {
			child = right
		}
		if !q.less(q.heap[child], last) {
			break
		}
		q.heap[k] = q.heap[child]
		k = child
	}
	q.heap[k] = last
}
