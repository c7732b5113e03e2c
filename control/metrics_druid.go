package control

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"

	"github.com/prometheus/client_golang/prometheus"
)

// leaderCollector asks the leaders what Druid itself would emit, and shows it as Druid's prometheus-emitter does: with
// the prefix druid_, in lower case, with an underscore for each slash (Metrics.java of that extension). A process of
// Apache Druid in a seat is asked in the same way.
type leaderCollector struct {
	leader func(ctx context.Context, kind string) (host string, err error)
	http   *http.Client
}

var (
	rowAnswered = gaugeRow("oakmoot_leader_answered", "1 when the kind's leader answered this scrape; without it Druid's own metrics of that kind are missing.", "kind")

	rowDruidCount        = gaugeRow("druid_segment_count", "Used segments of a datasource (DruidCoordinatorLogger).", "dataSource")
	rowDruidSize         = gaugeRow("druid_segment_size", "Bytes in used segments of a datasource (DruidCoordinatorLogger).", "dataSource")
	rowUnavailable       = gaugeRow("druid_segment_unavailable_count", "Segments, replicas not counted, that are left to load until all can be queried (DruidCoordinatorLogger).", "dataSource")
	rowUnderReplicated   = gaugeRow("druid_segment_underreplicated_count", "Segments, replicas counted, that are left to load (DruidCoordinatorLogger).", "dataSource", "tier")
	rowLoadQueueCount    = gaugeRow("druid_segment_loadqueue_count", "Segments that a server is to load (DruidCoordinatorLogger).", "server")
	rowLoadQueueSize     = gaugeRow("druid_segment_loadqueue_size", "Bytes that a server is to load (DruidCoordinatorLogger).", "server")
	rowDropQueueCount    = gaugeRow("druid_segment_dropqueue_count", "Segments that a server is to drop (DruidCoordinatorLogger).", "server")
	rowTasksRunning      = gaugeRow("druid_task_running_count", "Tasks that run (TaskCountStatsMonitor).", "dataSource")
	rowTasksPending      = gaugeRow("druid_task_pending_count", "Tasks that no worker has yet (TaskCountStatsMonitor).", "dataSource")
	rowTasksWaiting      = gaugeRow("druid_task_waiting_count", "Tasks that wait for a lock (TaskCountStatsMonitor).", "dataSource")
	druidRows            = []row{rowDruidCount, rowDruidSize, rowUnavailable, rowUnderReplicated, rowLoadQueueCount, rowLoadQueueSize, rowDropQueueCount, rowTasksRunning, rowTasksPending, rowTasksWaiting}
	resourcesOfLeaders   = map[string][]resource{"coordinator": coordinatorResources, "overlord": overlordResources}
	coordinatorResources = []resource{
		{"/druid/coordinator/v1/datasources?simple", showDataSources},
		{"/druid/coordinator/v1/loadstatus?simple", showUnavailable},
		{"/druid/coordinator/v1/loadstatus?full", showUnderReplicated},
		{"/druid/coordinator/v1/loadqueue?simple", showQueues},
	}
	overlordResources = []resource{
		{"/druid/indexer/v1/runningTasks", countTasks(rowTasksRunning)},
		{"/druid/indexer/v1/pendingTasks", countTasks(rowTasksPending)},
		{"/druid/indexer/v1/waitingTasks", countTasks(rowTasksWaiting)},
	}
)

// resource is something that a leader is asked for, and how its answer is shown.
type resource struct {
	path string
	show func(answer []byte, to sink) error
}

// answerLimit bounds what a leader's answer may hold.
const answerLimit = 64 << 20

// Describe implements prometheus.Collector.
func (c leaderCollector) Describe(ch chan<- *prometheus.Desc) {
	for _, r := range append(druidRows, rowAnswered) {
		ch <- r.desc
	}
}

// Collect implements prometheus.Collector.
func (c leaderCollector) Collect(ch chan<- prometheus.Metric) {
	ctx, cancel := scrapeContext()
	defer cancel()
	for kind, resources := range resourcesOfLeaders {
		host, err := c.leader(ctx, kind)
		answered := err == nil && host != ""
		for _, r := range resources {
			if !answered {
				break
			}
			answered = c.ask(ctx, host, r, ch) == nil
		}
		sink(ch).put(rowAnswered, oneIf(answered), kind)
	}
}

func (c leaderCollector) ask(ctx context.Context, host string, r resource, to sink) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+host+r.path, nil)
	if err != nil {
		return err
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(resp.Body, answerLimit))
	if err != nil {
		return err
	}
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("%s%s: %s", host, r.path, resp.Status)
	}
	return r.show(answer, to)
}

func showDataSources(answer []byte, to sink) error {
	var all []struct {
		Name       string `json:"name"`
		Properties struct {
			Segments struct {
				Count float64 `json:"count"`
				Size  float64 `json:"size"`
			} `json:"segments"`
		} `json:"properties"`
	}
	if err := json.Unmarshal(answer, &all); err != nil {
		return err
	}
	for _, ds := range all {
		to.put(rowDruidCount, ds.Properties.Segments.Count, ds.Name)
		to.put(rowDruidSize, ds.Properties.Segments.Size, ds.Name)
	}
	return nil
}

func showUnavailable(answer []byte, to sink) error {
	var left map[string]float64
	if err := json.Unmarshal(answer, &left); err != nil {
		return err
	}
	for ds, n := range left {
		to.put(rowUnavailable, n, ds)
	}
	return nil
}

func showUnderReplicated(answer []byte, to sink) error {
	var tiers map[string]map[string]float64
	if err := json.Unmarshal(answer, &tiers); err != nil {
		return err
	}
	for tier, left := range tiers {
		for ds, n := range left {
			to.put(rowUnderReplicated, n, ds, tier)
		}
	}
	return nil
}

func showQueues(answer []byte, to sink) error {
	var servers map[string]struct {
		Load  float64 `json:"segmentsToLoad"`
		Drop  float64 `json:"segmentsToDrop"`
		Bytes float64 `json:"segmentsToLoadSize"`
	}
	if err := json.Unmarshal(answer, &servers); err != nil {
		return err
	}
	for server, queue := range servers {
		to.put(rowLoadQueueCount, queue.Load, server)
		to.put(rowLoadQueueSize, queue.Bytes, server)
		to.put(rowDropQueueCount, queue.Drop, server)
	}
	return nil
}

// countTasks counts a list of tasks by datasource.
func countTasks(r row) func([]byte, sink) error {
	return func(answer []byte, to sink) error {
		var tasks []struct {
			DataSource string `json:"dataSource"`
		}
		if err := json.Unmarshal(answer, &tasks); err != nil {
			return err
		}
		counts := map[string]float64{}
		for _, t := range tasks {
			counts[t.DataSource]++
		}
		for ds, n := range counts {
			to.put(r, n, ds)
		}
		return nil
	}
}
