package control

import (
	"context"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"oakmoot/zkembed/admin"
)

// metrics serves the cluster's state from a registry of its own, so that several clusters in one process do not
// collide: under its own names, under those of ZooKeeper and of Druid for what these two count themselves, and under
// Go's for the process.
func (s *server) metrics() http.Handler {
	reg := prometheus.NewRegistry()
	reg.MustRegister(
		stateCollector{s.backend},
		leaderCollector{leader: s.backend.Leader, http: &http.Client{Transport: s.opts.Transport}},
		admin.Collector(s.backend.ZooKeeperMetrics),
		buildInfo(),
		collectors.NewBuildInfoCollector(),
		collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
	)
	return promhttp.HandlerFor(reg, promhttp.HandlerOpts{})
}

// scrapeContext bounds a scrape of the metrics; the library does not pass on a context.
func scrapeContext() (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.Background(), 5*time.Second)
}

// row is a metric of this address: its name, its meaning and its labels. Labels of the same name join: node is a node of
// the topology, kind is its kind, and server is its host and port, as in Druid's own metrics.
type row struct {
	desc *prometheus.Desc
	kind prometheus.ValueType
}

func gaugeRow(name, help string, labels ...string) row {
	return row{prometheus.NewDesc(name, help, labels, nil), prometheus.GaugeValue}
}

func counterRow(name, help string, labels ...string) row {
	return row{prometheus.NewDesc(name, help, labels, nil), prometheus.CounterValue}
}

// sink takes the metrics of a scrape.
type sink chan<- prometheus.Metric

func (s sink) put(r row, v float64, labels ...string) {
	s <- prometheus.MustNewConstMetric(r.desc, r.kind, v, labels...)
}

func oneIf(b bool) float64 {
	if b {
		return 1
	}
	return 0
}
