package admin

import (
	"cmp"
	"maps"
	"slices"
	"strconv"

	"oakmoot/zkembed"
)

// object is the connection as connections has it, or brief, as stats has it.
func connectionFields(c zkembed.Connection, full bool) object {
	fields := object{
		{"remote_socket_address", c.Remote}, {"interest_ops", 1}, {"outstanding_requests", 0},
		{"packets_received", c.Received}, {"packets_sent", c.Sent},
	}
	if !full || c.Session == 0 {
		return fields
	}
	return append(fields, object{
		{"session_id", int64(c.Session)}, {"last_operation", c.LastOp}, {"established", c.Opened.UnixMilli()},
		{"session_timeout", c.Timeout.Milliseconds()}, {"last_cxid", c.LastXid}, {"last_zxid", int64(c.LastZxid)},
		{"last_response_time", stamp(c.LastAnswer)}, {"last_latency", c.LastLatency}, {"min_latency", c.MinLatency},
		{"avg_latency", c.AvgLatency}, {"max_latency", c.MaxLatency},
	}...)
}

func (q *query) connectionFields(full bool) (object, error) {
	list, err := q.Server.Connections(q.ctx())
	all := make([]object, len(list))
	for i, c := range list {
		all[i] = connectionFields(c, full)
	}
	return object{{"connections", all}, {"secure_connections", []any{}}}, unlessRunning(err)
}

func connections(q *query) (object, error) { return q.connectionFields(true) }

// dump has the time of day in milliseconds, where Apache's has the time since some moment.
func dump(q *query) (object, error) {
	sessions, err := q.Server.Sessions(q.ctx())
	if err != nil {
		return nil, unlessRunning(err)
	}
	owned, err := q.Server.Ephemerals(q.ctx())
	expiry := map[int64][]int64{}
	for _, s := range sessions {
		at := s.Expires.UnixMilli()
		expiry[at] = append(expiry[at], int64(s.ID))
	}
	return object{
		{"expiry_time_to_session_ids", byNumber(expiry)},
		{"session_id_to_ephemeral_paths", bySession(owned)},
	}, unlessRunning(err)
}

func byNumber[V any](m map[int64]V) object {
	fields := object{}
	for _, key := range slices.Sorted(maps.Keys(m)) {
		fields = append(fields, field{strconv.FormatInt(key, 10), m[key]})
	}
	return fields
}

func bySession(m map[zkembed.SessionID][]string) object {
	fields := object{}
	for _, id := range slices.Sorted(maps.Keys(m)) {
		fields = append(fields, field{strconv.FormatInt(int64(id), 10), m[id]})
	}
	return fields
}

func watchSummary(q *query) (object, error) {
	n, err := q.Server.WatchCount(q.ctx())
	return object{{"num_connections", n.Connections}, {"num_paths", n.Paths}, {"num_total_watches", n.Watches}}, unlessRunning(err)
}

func watches(q *query) (object, error) {
	list, err := q.Server.Watches(q.ctx())
	return object{{"session_id_to_watched_paths", bySession(list)}}, unlessRunning(err)
}

func watchesByPath(q *query) (object, error) {
	list, err := q.Server.Watches(q.ctx())
	type watch struct {
		path    string
		session int64
	}
	var all []watch
	for id, paths := range list {
		for _, path := range paths {
			all = append(all, watch{path, int64(id)})
		}
	}
	slices.SortFunc(all, func(a, b watch) int {
		return cmp.Or(cmp.Compare(a.path, b.path), cmp.Compare(a.session, b.session))
	})
	fields := object{}
	sessions := make([]int64, len(all))
	for from := 0; from < len(all); {
		to := from
		for ; to < len(all) && all[to].path == all[from].path; to++ {
			sessions[to] = all[to].session
		}
		fields = append(fields, field{all[from].path, sessions[from:to]})
		from = to
	}
	return object{{"path_to_session_ids", fields}}, unlessRunning(err)
}
