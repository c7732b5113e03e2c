package realtime

// counts are numbers of rows, taken or not.
type counts struct{ processed, unparseable, thrownAway int }

// metrics counts a stream's rows: FireDepartmentMetrics.
type metrics struct {
	dataSource string
	emit       func(dataSource string, processed, unparseable, thrownAway int) // may be nil
	since      counts                                                          // the last persist
}

// add counts rows, and emits their numbers.
func (m *metrics) add(n counts) {
	m.since.processed += n.processed
	m.since.unparseable += n.unparseable
	m.since.thrownAway += n.thrownAway
	if m.emit != nil {
		m.emit(m.dataSource, n.processed, n.unparseable, n.thrownAway)
	}
}

// take returns what has been counted since the last call.
func (m *metrics) take() counts {
	n := m.since
	m.since = counts{}
	return n
}
