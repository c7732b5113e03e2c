package control

import (
	"net/http"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// metrics serves the cluster's state from a registry of its own, so that several clusters in one process do not
// collide.
func (s *server) metrics() http.Handler {
	reg := prometheus.NewRegistry()
	reg.MustRegister(stateCollector{s.backend})
	return promhttp.HandlerFor(reg, promhttp.HandlerOpts{})
}

// stateCollector reads a Status at each scrape.
type stateCollector struct{ backend Backend }

var (
	descUp       = prometheus.NewDesc("oakmoot_node_up", "1 while the node serves.", []string{"node", "kind"}, nil)
	descLeader   = prometheus.NewDesc("oakmoot_node_leader", "1 while the node leads its kind.", []string{"node", "kind"}, nil)
	descRestarts = prometheus.NewDesc("oakmoot_node_incarnations_total", "How often the node was started.", []string{"node", "kind"}, nil)
	descUsed     = prometheus.NewDesc("oakmoot_segments_used", "Used segments in the metadata store.", []string{"datasource"}, nil)
	descServed   = prometheus.NewDesc("oakmoot_segments_served", "Distinct segments that historicals announce.", []string{"datasource"}, nil)
	descServer   = prometheus.NewDesc("oakmoot_server_segments", "Segments that a server announces.", []string{"server", "tier"}, nil)
	descTasks    = prometheus.NewDesc("oakmoot_tasks", "Tasks in the metadata store, by status.", []string{"status"}, nil)
	descFaults   = prometheus.NewDesc("oakmoot_faults_armed", "Faults that are armed now.", nil, nil)
)

// Describe implements prometheus.Collector.
func (c stateCollector) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{descUp, descLeader, descRestarts, descUsed, descServed, descServer, descTasks, descFaults} {
		ch <- d
	}
}

// Collect implements prometheus.Collector.
func (c stateCollector) Collect(ch chan<- prometheus.Metric) {
	ctx, cancel := scrapeContext()
	defer cancel()
	st, err := c.backend.StatusOf(ctx, 0)
	if err != nil {
		ch <- prometheus.NewInvalidMetric(descUp, err)
		return
	}
	gauge := func(d *prometheus.Desc, v float64, labels ...string) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
	}
	for _, n := range st.Nodes {
		gauge(descUp, oneIf(n.State == "up"), n.Name, n.Kind)
		gauge(descLeader, oneIf(n.Leader), n.Name, n.Kind)
		ch <- prometheus.MustNewConstMetric(descRestarts, prometheus.CounterValue, float64(n.Incarnated), n.Name, n.Kind)
	}
	for ds, n := range st.Used {
		gauge(descUsed, float64(n), ds)
	}
	for ds, n := range st.Served {
		gauge(descServed, float64(n), ds)
	}
	for _, s := range st.Segments {
		if s.Gone {
			continue
		}
		gauge(descServer, float64(s.Count), s.Server, s.Tier)
	}
	for status, n := range st.Total.TaskStates {
		gauge(descTasks, float64(n), status)
	}
	gauge(descFaults, float64(len(st.Faults)))
}

func oneIf(b bool) float64 {
	if b {
		return 1
	}
	return 0
}
