package invariant

import "time"

// RowCounts checks that a broker never loses or doubles a row: at quiet moments, when
// every used segment of a data source is served and no fault is armed, it counts as many
// events as were taken in, through handoff, moves and kills. It is asked once for each
// state of the announcements, and again while its answer is another. What is lost or
// doubled for less than that, while servers come and go, is not seen.
type RowCounts struct {
	finding
	scene  *scene
	counts map[string]*rowCount // by data source
}

// rowCount is the latest count of a data source.
type rowCount struct {
	state    uint64 // of the announcements
	ingested int64
	right    bool
	wrong    time.Duration // since when
}

func newRowCounts(s *scene) *RowCounts {
	return &RowCounts{finding: finding{name: RowsOnce}, scene: s, counts: map[string]*rowCount{}}
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
