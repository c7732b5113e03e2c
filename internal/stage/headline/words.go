package headline

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"oakmoot/internal/stage/observe"
)

// seconds is a length of time for people.
func seconds(d time.Duration) string {
	switch d = max(0, d).Round(time.Second); {
	case d < 2*time.Minute:
		return fmt.Sprintf("%d s", int(d.Seconds()))
	case d < 2*time.Hour:
		return fmt.Sprintf("%d min", int(d.Minutes()))
	}
	return fmt.Sprintf("%d h", int(d.Hours()))
}

// ago is how long ago a time was; "" when it is not known.
func (s Scene) ago(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return " " + seconds(s.Time.Sub(t)) + " ago"
}

// fate is what has become of a node that does not act as it should; "" when nothing has.
func (s Scene) fate(n observe.Node) string {
	since := s.Since(n.Name)
	switch n.State {
	case observe.Killed:
		return n.Name + " was killed" + s.ago(since)
	case observe.Stopped:
		return n.Name + " was stopped" + s.ago(since)
	case observe.Absent:
		return "the seat of " + n.Name + " is empty"
	case observe.Paused:
		return n.Name + " was paused" + s.ago(since) + s.until(n.Name)
	case observe.Starting:
		return n.Name + " is starting"
	}
	if n.Runs() && !n.Reaches && !n.External {
		return n.Name + " does not reach ZooKeeper" + s.until(n.Name)
	}
	return ""
}

// until names the fault that holds up a node, and says when it ends.
func (s Scene) until(name string) string {
	for _, f := range s.Faults() {
		if slices.Contains(f.Nodes, name) {
			return " (" + f.Do + s.ends(f) + ")"
		}
	}
	return ""
}

// back says when a node that does not run is started again; "" when that is not planned.
func (s Scene) back(n observe.Node) string {
	for _, f := range s.Faults() {
		if !n.Runs() && !f.Until.IsZero() && slices.Contains(f.Nodes, n.Name) {
			return " and is started again in " + seconds(f.Until.Sub(s.Time))
		}
	}
	return ""
}

// ends says when a fault ends.
func (s Scene) ends(f observe.Fault) string {
	if f.Until.IsZero() {
		return ", until it is healed"
	}
	return ", ends in " + seconds(f.Until.Sub(s.Time))
}

// session says when what is left of a node goes; "" when nothing is left, or nobody knows.
func (s Scene) session(n observe.Node) string {
	sessions := s.Lingering(n)
	if n.Session != 0 && n.Runs() {
		sessions = append(sessions, n.Session)
	}
	var last time.Time
	for _, id := range sessions {
		if end := s.Ends[id]; end.After(last) {
			last = end
		}
	}
	if last.IsZero() {
		return ""
	}
	return ", its session ends in " + seconds(last.Sub(s.Time))
}

// of are the nodes of a kind.
func (s Scene) of(kind string) (nodes []observe.Node) {
	for _, n := range s.Nodes() {
		if n.Kind == kind {
			nodes = append(nodes, n)
		}
	}
	return nodes
}

// some names the first of many.
func some(names []string) string {
	const named = 3
	if len(names) <= named {
		return listed(names)
	}
	return fmt.Sprintf("%s and %d more", strings.Join(names[:named], ", "), len(names)-named)
}

func listed(words []string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:len(words)-1], ", ") + " and " + words[len(words)-1]
}

// counted is a number of things.
func counted(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}
