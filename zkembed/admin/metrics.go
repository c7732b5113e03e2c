package admin

import (
	"context"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"oakmoot/zkembed"
)

// MetricsHandler serves a server's metrics as PrometheusMetricsProvider does, under
// ZooKeeper's names and without its prefix, from a registry of their own. The metrics of the
// runtime are Go's, where Apache's are the JVM's.
func MetricsHandler(srv *zkembed.Server) http.Handler {
	reg := prometheus.NewRegistry()
	reg.MustRegister(Collector(srv.Metrics), collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return promhttp.HandlerFor(reg, promhttp.HandlerOpts{})
}

// Collector collects a server's metrics, as MetricsHandler shows them, into a registry of the
// caller's: metrics is the method Metrics of the server, or what stands for it, and is asked at
// each scrape.
func Collector(metrics func(context.Context) ([]zkembed.Metric, error)) prometheus.Collector {
	return collector(metrics)
}

type collector func(context.Context) ([]zkembed.Metric, error)

// scrapeLimit bounds how long a server may take to answer.
const scrapeLimit = 5 * time.Second

// Describe implements prometheus.Collector: the metrics are only known once collected.
func (collector) Describe(chan<- *prometheus.Desc) {}

// Collect implements prometheus.Collector.
func (c collector) Collect(ch chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), scrapeLimit)
	defer cancel()
	list, err := c(ctx)
	if err != nil {
		ch <- prometheus.NewInvalidMetric(prometheus.NewDesc("uptime", "uptime", nil, nil), err)
		return
	}
	for _, m := range append(list, processMetrics()...) {
		desc := prometheus.NewDesc(m.Name, m.Name, nil, nil)
		switch m.Kind {
		case zkembed.MetricGauge:
			ch <- prometheus.MustNewConstMetric(desc, prometheus.GaugeValue, m.Value)
		case zkembed.MetricCounter:
			ch <- prometheus.MustNewConstMetric(desc, prometheus.CounterValue, m.Value)
		case zkembed.MetricSummary:
			ch <- prometheus.MustNewConstSummary(desc, uint64(m.Summary.Count), float64(m.Summary.Sum), provided(m.Summary))
		}
	}
}

// provided are the quantiles that PrometheusMetricsProvider has.
func provided(s *zkembed.Summary) map[float64]float64 {
	quantiles := map[float64]float64{}
	for _, q := range []float64{0.5, 0.9, 0.99} {
		if v, ok := s.Quantiles[q]; ok {
			quantiles[q] = float64(v)
		}
	}
	return quantiles
}

// processMetrics are of the process, as far as the system reports them.
func processMetrics() []zkembed.Metric {
	var list []zkembed.Metric
	if open, err := os.ReadDir("/proc/self/fd"); err == nil {
		list = append(list, zkembed.Metric{Name: "open_file_descriptor_count", Value: float64(len(open))})
	}
	if limits, err := os.ReadFile("/proc/self/limits"); err == nil {
		_, text, _ := strings.Cut(string(limits), "Max open files")
		if soft := strings.Fields(text); len(soft) > 0 {
			if n, err := strconv.ParseFloat(soft[0], 64); err == nil {
				list = append(list, zkembed.Metric{Name: "max_file_descriptor_count", Value: n})
			}
		}
	}
	return list
}
