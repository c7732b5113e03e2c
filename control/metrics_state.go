package control

import (
	"slices"

	"github.com/prometheus/client_golang/prometheus"

	"oakmoot/cluster"
)

// stateCollector reads a Status at each scrape.
type stateCollector struct{ backend Backend }

var (
	rowInfo     = gaugeRow("oakmoot_node_info", "Always 1; joins a node with the server that Druid's own metrics name.", "node", "kind", "server")
	rowUp       = gaugeRow("oakmoot_node_up", "1 while the node serves.", "node", "kind")
	rowState    = gaugeRow("oakmoot_node_state", "1 for the state that the node is in.", "node", "kind", "state")
	rowLeader   = gaugeRow("oakmoot_node_leader", "1 while the node leads its kind.", "node", "kind")
	rowRestarts = counterRow("oakmoot_node_incarnations_total", "How often the node was started.", "node", "kind")
	rowLeaders  = gaugeRow("oakmoot_leaders", "How many nodes of a kind that elects lead: 0 or 1.", "kind")
	rowUsed     = gaugeRow("oakmoot_segments_used", "Used segments in the metadata store.", "dataSource")
	rowServed   = gaugeRow("oakmoot_segments_served", "Distinct segments that historicals announce.", "dataSource")
	rowSegments = gaugeRow("oakmoot_server_segments", "Segments that a server announces.", "server", "node", "tier")
	rowBytes    = gaugeRow("oakmoot_server_bytes", "Size of the segments that a server announces.", "server", "node", "tier")
	rowMaxBytes = gaugeRow("oakmoot_server_max_bytes", "Size of the segments that a server may hold.", "server", "node", "tier")
	rowTasks    = gaugeRow("oakmoot_tasks", "Tasks in the metadata store, by status.", "status")
	rowFaults   = gaugeRow("oakmoot_faults_armed", "Faults that are armed now.")
	rowExpects  = gaugeRow("oakmoot_expectations", "Expectations of the topology, by state.", "state")
	rowHolds    = gaugeRow("oakmoot_invariant_held", "0 when the invariant was broken, else 1.", "invariant")
	rowTested   = counterRow("oakmoot_invariant_exercised_total", "How often the invariant was put to the test.", "invariant")
	rowAway     = gaugeRow("oakmoot_zookeeper_away", "1 while an external ZooKeeper does not answer.")

	stateRows = []row{
		rowInfo, rowUp, rowState, rowLeader, rowRestarts, rowLeaders, rowUsed, rowServed, rowSegments, rowBytes, rowMaxBytes, rowTasks,
		rowFaults, rowExpects, rowHolds, rowTested, rowAway,
	}
)

// Describe implements prometheus.Collector.
func (c stateCollector) Describe(ch chan<- *prometheus.Desc) {
	for _, r := range stateRows {
		ch <- r.desc
	}
}

// Collect implements prometheus.Collector.
func (c stateCollector) Collect(ch chan<- prometheus.Metric) {
	ctx, cancel := scrapeContext()
	defer cancel()
	st, err := c.backend.StatusOf(ctx, 0)
	if err != nil {
		ch <- prometheus.NewInvalidMetric(rowUp.desc, err)
		return
	}
	to := sink(ch)
	to.nodes(st)
	to.segments(st)
	to.judgement(st)
	for status, n := range st.Total.TaskStates {
		to.put(rowTasks, float64(n), status)
	}
	to.put(rowFaults, float64(len(st.Faults)))
	to.put(rowAway, oneIf(!st.ZooKeeperAway.IsZero()))
}

func (s sink) nodes(st cluster.Status) {
	for _, n := range st.Nodes {
		s.put(rowInfo, 1, n.Name, n.Kind, n.Host)
		s.put(rowUp, oneIf(n.State == "up" || n.State == "present"), n.Name, n.Kind)
		s.put(rowState, 1, n.Name, n.Kind, n.State)
		s.put(rowLeader, oneIf(n.Leader), n.Name, n.Kind)
		s.put(rowRestarts, float64(n.Incarnated), n.Name, n.Kind)
	}
	for kind, leader := range st.Leaders {
		s.put(rowLeaders, oneIf(leader != ""), kind)
	}
}

func (s sink) segments(st cluster.Status) {
	for ds, n := range st.Used {
		s.put(rowUsed, float64(n), ds)
	}
	for ds, n := range st.Served {
		s.put(rowServed, float64(n), ds)
	}
	for _, server := range st.Segments {
		if server.Gone {
			continue
		}
		labels := []string{server.Server, server.Node, server.Tier}
		s.put(rowSegments, float64(server.Count), labels...)
		s.put(rowBytes, float64(server.Size), labels...)
		s.put(rowMaxBytes, float64(server.MaxSize), labels...)
	}
}

// judgement is what became of the topology's expectations, and of the invariants.
func (s sink) judgement(st cluster.Status) {
	states := map[string]int{"pending": 0, "held": 0, "broken": 0}
	for _, e := range st.Expects {
		states[e.State]++
	}
	for state, n := range states {
		s.put(rowExpects, float64(n), state)
	}
	for _, i := range st.Invariants {
		if slices.Contains([]string{"off", "not checked"}, i.State) {
			continue
		}
		s.put(rowHolds, oneIf(i.State != "broken"), i.Name)
		s.put(rowTested, float64(i.Exercised), i.Name)
	}
}
