package report

import (
	"fmt"
	"strings"

	"oakmoot/cluster"
)

// FailoverLine says how a kind's leadership went, in a line.
func FailoverLine(f cluster.Failover) string {
	line := fmt.Sprintf("%s: %s", f.Kind, counted(f.Times, "failover"))
	if f.Longest > 0 {
		line += fmt.Sprintf(", the longest time without a leader %.3f s", f.Longest)
	}
	if f.Leaderless {
		line += "; nobody led at the end"
	}
	return line
}

// TouchedLine says what a fault met: nodes, requests, bytes.
func TouchedLine(nodes []string, t *cluster.Touched) string {
	parts := []string{}
	if len(nodes) > 0 {
		parts = append(parts, strings.Join(nodes, ", "))
	}
	if t != nil {
		if t.Requests > 0 || t.Connections == 0 && t.Bytes == 0 && t.Readings == 0 {
			parts = append(parts, counted(t.Requests, "request"))
		}
		if t.Connections > 0 {
			parts = append(parts, counted(t.Connections, "connection"))
		}
		if t.Bytes > 0 {
			parts = append(parts, counted(t.Bytes, "byte"))
		}
		if t.Readings > 0 {
			parts = append(parts, counted(t.Readings, "reading")+" of the clock")
		}
		if t.Missed > 0 {
			parts = append(parts, fmt.Sprintf("nothing could be done to %d", t.Missed))
		}
		if len(t.Last) > 0 {
			parts = append(parts, "last "+t.Last[len(t.Last)-1])
		}
	}
	return strings.Join(parts, "; ")
}

func (r Report) faultRow(f cluster.PastFault) faultRow {
	row := faultRow{Do: f.Do, Nodes: strings.Join(f.Nodes, ", "), Since: r.since(f.Since), Touched: TouchedLine(nil, f.Touched)}
	if f.Made != "" {
		row.Touched = strings.Trim("made "+f.Made+"; "+row.Touched, "; ")
	}
	switch {
	case f.ID == "":
		row.Lasted = "at once"
	case f.Ended.IsZero():
		row.Lasted = "to the end"
	default:
		row.Lasted = fmt.Sprintf("%.3f s", f.Ended.Sub(f.Since).Seconds())
	}
	return row
}
