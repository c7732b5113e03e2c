package invariant

import (
	"maps"
	"slices"
	"strings"
	"time"
)

// RowCounts checks that a broker never loses or doubles a row: at quiet moments, when
// every used segment of a data source is served and no fault is armed, it counts as many
// events as were taken in, through handoff, moves and kills. It is asked once for each
// state of the announcements, and again while its answer is another. It says of what it could not count why. What is lost or
// doubled for less than that, while servers come and go, is not seen.
type RowCounts struct {
	finding
	scene  *scene
	counts map[string]*rowCount // by data source
	passed map[string]string    // data sources that were announced and not counted yet, and what stood in the way last
}

// rowCount is the latest count of a data source.
type rowCount struct {
	state    uint64 // of the announcements
	ingested int64
	right    bool
	wrong    time.Duration // since when
}

func newRowCounts(s *scene) *RowCounts {
	r := &RowCounts{finding: finding{name: RowsOnce}, scene: s, counts: map[string]*rowCount{}, passed: map[string]string{}}
	r.missed = r.why
	return r
}

// noQuiet is what stands in the way of a count as long as nobody says what does.
const noQuiet = "there was no quiet moment to count in"

// announced takes a data source of which a segment has been announced: there is something
// to count.
func (r *RowCounts) announced(dataSource string) {
	if r.counts[dataSource] == nil && r.passed[dataSource] == "" {
		r.passed[dataSource] = noQuiet
	}
}

// Uncounted are the data sources of which there is something to count and nothing has been
// counted yet, sorted.
func (r *RowCounts) Uncounted() []string { return slices.Sorted(maps.Keys(r.passed)) }

// Passed notes what stands in the way of counting a data source now.
func (r *RowCounts) Passed(dataSource, why string) {
	if r.passed[dataSource] != "" {
		r.passed[dataSource] = why
	}
}

// why is what stood in the way of each data source.
func (r *RowCounts) why() string {
	var all []string
	for _, ds := range r.Uncounted() {
		all = append(all, ds+": "+r.passed[ds])
	}
	return strings.Join(all, "; ")
}

// Due reports whether the rows of a data source have to be counted, in a state of its
// announcements and with so many events taken in.
func (r *RowCounts) Due(dataSource string, state uint64, ingested int64) bool {
	last := r.counts[dataSource]
	return !r.silent() && (last == nil || !last.right || last.state != state || last.ingested != ingested)
}

// Counted takes how many events a broker counts.
func (r *RowCounts) Counted(broker, dataSource string, state uint64, ingested, counted int64) {
	last := r.counts[dataSource]
	delete(r.passed, dataSource)
	switch {
	case counted == ingested:
		r.exercised++
		r.counts[dataSource] = &rowCount{state: state, ingested: ingested, right: true}
	case last == nil || last.right || last.state != state || last.ingested != ingested:
		r.counts[dataSource] = &rowCount{state: state, ingested: ingested, wrong: r.scene.clock}
	case r.scene.over(last.wrong, r.scene.bounds.Tick+slack):
		word := "lost"
		if counted > ingested {
			word = "doubled"
		}
		r.violation(r.scene, 0, []string{broker}, "rows of %s are %s: %d were taken in, %s counts %d", dataSource, word, ingested, broker, counted)
	}
}
