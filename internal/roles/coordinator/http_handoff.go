package coordinator

import (
	"net/http"
	"strconv"

	"oakmoot/internal/druid"
	"oakmoot/internal/roles/coordinator/plan"
	"oakmoot/internal/run/museum"
	"oakmoot/internal/run/node"
	"oakmoot/internal/zk/inventory"
)

// handoffComplete says whether a realtime node may let go of a segment: yes if no rule wants it loaded, otherwise
// once a server that is not a realtime node serves it.
func handoffComplete(l *leadership, s snapshot, w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	partition, err := strconv.Atoi(q.Get("partitionNumber"))
	if err != nil && q.Get("partitionNumber") != "" {
		w.WriteHeader(http.StatusNotFound)
		return
	}
	now := druid.At(l.Clock.Now())
	interval := druid.Interval{Start: now, End: now} // what Joda makes of null
	if node.Present(r, "interval") {
		interval, err = druid.ParseInterval(q.Get("interval"))
		if err != nil {
			node.WriteError(w, http.StatusInternalServerError, "java.lang.IllegalArgumentException: "+err.Error())
			return
		}
	}
	name := r.PathValue("ds")
	rule, found := s.rules.First(name, interval, druid.At(l.Clock.Now()))
	wanted := druid.SegmentID{DataSource: name, Interval: interval, Version: q.Get("version"), Partition: partition}
	wants := found && plan.IsLoad(rule) || l.Museum.Has(museum.HandsOffOnlyWhatIsLoaded)
	ok(w, !wants || handedOff(l.view.Snapshot(), wanted))
}

// handedOff reports whether a replication target serves the partition in the same or a newer version.
func handedOff(servers []inventory.Server, wanted druid.SegmentID) bool {
	for _, info := range servedIn(servers, wanted.DataSource, wanted.Interval) {
		s := info.Segment
		if !s.Interval.Contains(wanted.Interval) || s.ShardSpec.PartitionNum != wanted.Partition || s.Version < wanted.Version {
			continue
		}
		for _, m := range info.Servers {
			if m.ReplicationTarget() {
				return true
			}
		}
	}
	return false
}
