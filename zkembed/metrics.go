package zkembed

import (
	"time"

	"oakmoot/internal/zk/zkwire"
)

// Metric is a metric under ZooKeeper's name for it, that of PrometheusMetricsProvider and
// of mntr without its zk_. Times are in milliseconds.
type Metric struct {
	Name    string
	Kind    MetricKind
	Value   float64
	Summary *Summary // of MetricSummary
}

// MetricKind is what kind of metric it is.
type MetricKind int

// Kinds of metrics.
const (
	MetricGauge MetricKind = iota
	MetricCounter
	MetricSummary
)

// metrics are what ServerMetrics counts, as far as it exists here: a field for each, which
// is why there are so many. They are owned by the state.
type metrics struct {
	connects   int64 // connect requests
	expired    int64 // sessions
	durable    int64 // transactions
	bytesIn    int64 // of requests
	bytesOut   int64 // of everything that clients are sent
	watchBytes int64 // of events
	reads      summary
	updates    summary
	syncs      summary // fsyncs
	snapshots  summary
	batch      summary // transactions that became durable together
	load       summary // the start
	loadedTxns summary
	created    summary // watches that a creation fired; likewise below
	deleted    summary
	changed    summary
	childrenOf summary
}

// fired notes that watches fire for an event: WatchManager.triggerWatch.
func (m *metrics) fired(kind zkwire.EventType, watches int) {
	switch kind {
	case zkwire.EventCreated:
		m.created.add(int64(watches), min(watches, 1))
	case zkwire.EventDeleted:
		m.deleted.add(int64(watches), min(watches, 1))
	case zkwire.EventDataChanged:
		m.changed.add(int64(watches), min(watches, 1))
	case zkwire.EventChildrenChanged:
		m.childrenOf.add(int64(watches), min(watches, 1))
	}
}

func newMetrics() metrics {
	return metrics{reads: summary{percentiles: true}, updates: summary{percentiles: true}}
}

// metricsOf are those of one endpoint, or of all for nil.
func metricsOf(s *state, at *Endpoint) []Metric {
	st := &s.stats
	return append([]Metric{
		{"avg_latency", MetricGauge, st.latency.average(), nil},
		whole("max_latency", st.latency.most),
		whole("min_latency", st.latency.least),
		whole("packets_received", st.received),
		whole("packets_sent", st.sent),
		whole("num_alive_connections", int64(s.life.number(at))),
		whole("outstanding_requests", 0),
		whole("znode_count", int64(nodeCount(s))),
		whole("watch_count", int64(s.watches.number())),
		whole("ephemerals_count", int64(s.tree.Owners.Len())),
		whole("approximate_data_size", s.tree.Bytes()),
		whole("global_sessions", int64(len(s.sessions.byID))),
		whole("local_sessions", 0),
		whole("auth_failed_count", st.authFailed),
		whole("uptime", time.Since(st.since).Milliseconds()),
		counted("connection_request_count", st.metrics.connects),
		counted("connection_rejected", s.life.refused.Load()),
		counted("stale_sessions_expired", st.metrics.expired),
		counted("bytes_received_count", st.metrics.bytesIn),
		counted("response_bytes", st.metrics.bytesOut),
		counted("watch_bytes", st.metrics.watchBytes),
		counted("sync_processor_request_queued", s.txns),
	}, st.metrics.summaries()...)
}

func whole(name string, value int64) Metric { return Metric{name, MetricGauge, float64(value), nil} }

func counted(name string, value int64) Metric {
	return Metric{name, MetricCounter, float64(value), nil}
}

func (m *metrics) summaries() []Metric {
	var list []Metric
	for _, one := range []struct {
		name string
		of   *summary
	}{
		{"readlatency", &m.reads}, {"updatelatency", &m.updates}, {"fsynctime", &m.syncs}, {"snapshottime", &m.snapshots},
		{"sync_processor_batch_size", &m.batch}, {"dbinittime", &m.load}, {"startup_txns_loaded", &m.loadedTxns},
		{"node_created_watch_count", &m.created}, {"node_deleted_watch_count", &m.deleted},
		{"node_changed_watch_count", &m.changed}, {"node_children_watch_count", &m.childrenOf},
	} {
		list = append(list, Metric{one.name, MetricSummary, 0, one.of.copied()})
	}
	return list
}

// lines are the metric as mntr shows it.
func (m Metric) lines() []gauge {
	switch {
	case m.Summary != nil:
		return m.Summary.lines(m.Name)
	case m.Name == "avg_latency":
		return []gauge{{m.Name, decimal(m.Value)}}
	}
	return []gauge{{m.Name, int64(m.Value)}}
}
