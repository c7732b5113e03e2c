package admin

import (
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"oakmoot/zkembed"
)

// metricsByName are the server's metrics, and those of its process.
func (q *query) metrics() ([]zkembed.Metric, error) {
	list, err := q.Server.Metrics(q.ctx())
	return append(list, processMetrics()...), unlessRunning(err)
}

// monitor is mntr without its prefix.
func monitor(q *query) (object, error) {
	metrics, err := q.metrics()
	if err != nil {
		return nil, err
	}
	srvr, err := q.srvr()
	fields := object{{"version", srvr["Zookeeper version"]}, {"server_state", srvr["Mode"]}}
	for _, m := range metrics {
		if m.Summary == nil {
			fields = append(fields, field{m.Name, number(m.Value)})
			continue
		}
		fields = append(fields, summaryFields(m.Name, m.Summary)...)
	}
	return fields, err
}

// number is a value as Apache's server writes it: whole numbers without a point, others
// with up to four digits after it.
func number(v float64) any {
	if v == math.Trunc(v) {
		return int64(v)
	}
	return math.Round(v*1e4) / 1e4
}

// percentiles are the quantiles that mntr shows.
var percentiles = map[float64]string{0.5: "p50_", 0.95: "p95_", 0.99: "p99_", 0.999: "p999_"}

func summaryFields(name string, s *zkembed.Summary) object {
	fields := object{
		{"avg_" + name, number(s.Average)}, {"min_" + name, s.Min}, {"max_" + name, s.Max}, {"cnt_" + name, s.Count}, {"sum_" + name, s.Sum},
	}
	for _, q := range slices.Sorted(maps.Keys(s.Quantiles)) {
		if prefix := percentiles[q]; prefix != "" {
			fields = append(fields, field{prefix + name, s.Quantiles[q]})
		}
	}
	return fields
}

// srvr is the four-letter word, line by line.
func (q *query) srvr() (map[string]string, error) {
	text, err := q.word("srvr", nil)
	values := map[string]string{}
	for line := range strings.Lines(text) {
		key, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), ": ")
		values[key] = value
	}
	return values, err
}

// serverStats has no sizes of responses, which are not measured: they are -1, as in
// Apache's before the first.
func serverStats(q *query) (object, error) {
	metrics, err := q.metrics()
	if err != nil {
		return nil, err
	}
	srvr, err := q.srvr()
	if err != nil {
		return nil, err
	}
	readOnly, err := isReadOnly(q)
	if err != nil {
		return nil, err
	}
	size, err := dirs(q)
	if err != nil {
		return nil, err
	}
	of := map[string]any{}
	for _, m := range metrics {
		of[m.Name] = number(m.Value)
	}
	zxid, _ := strconv.ParseInt(srvr["Zxid"], 0, 64)         // it is a number
	nodes, _ := strconv.ParseInt(srvr["Node count"], 10, 64) // likewise
	unmeasured := object{{"last_buffer_size", -1}, {"min_buffer_size", -1}, {"max_buffer_size", -1}}
	return object{
		{"version", srvr["Zookeeper version"]}, readOnly[0],
		{"server_stats", object{
			{"packets_sent", of["packets_sent"]}, {"packets_received", of["packets_received"]}, {"fsync_threshold_exceed_count", 0},
			{"client_response_stats", unmeasured}, {"provider_null", false},
			{"data_dir_size", size[0].value}, {"log_dir_size", size[0].value}, {"last_processed_zxid", zxid},
			{"outstanding_requests", of["outstanding_requests"]}, {"server_state", srvr["Mode"]},
			{"avg_latency", of["avg_latency"]}, {"max_latency", of["max_latency"]}, {"min_latency", of["min_latency"]},
			{"num_alive_client_connections", of["num_alive_connections"]}, {"uptime", of["uptime"]},
			{"auth_failed_count", of["auth_failed_count"]}, {"non_mtlsremote_conn_count", 0}, {"non_mtlslocal_conn_count", 0},
		}},
		{"client_response", unmeasured}, {"node_count", nodes},
	}, nil
}

func stats(q *query) (object, error) {
	fields, err := serverStats(q)
	if err != nil {
		return nil, err
	}
	conns, err := q.connectionFields(false)
	return append(fields, conns...), err
}
