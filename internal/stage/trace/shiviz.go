package trace

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"strings"
	"unicode"

	"oakmoot/internal/stage/observe"
)

// ShivizExpression is the regular expression with which ShiViz reads what Shiviz writes.
const ShivizExpression = `(?<event>.*)\n(?<host>\S*) (?<clock>{.*})`

// clock is a vector clock: how much of each host's history is known.
type clock map[string]int

// learn takes over what another clock knows.
func (c clock) learn(other clock) {
	for host, n := range other {
		c[host] = max(c[host], n)
	}
}

// Shiviz writes steps as a log for ShiViz. A change of ZooKeeper is an event of its node, which asks for it, and then one
// of ZooKeeper. A node knows what ZooKeeper knew at its latest change, and whatever it must have seen to change or
// delete the znode of another.
func Shiviz(w io.Writer, steps []Step) error {
	out := bufio.NewWriter(w)
	clocks := map[string]clock{}
	replies := map[string]clock{} // by node: ZooKeeper's clock when it last answered
	paths := map[string]clock{}   // by path: ZooKeeper's clock at its latest change
	tick := func(host, event string) error {
		if clocks[host] == nil {
			clocks[host] = clock{}
		}
		clocks[host][host]++
		text, err := json.Marshal(clocks[host]) // its keys are sorted
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(out, "%s\n%s %s\n", oneLine(event), host, text)
		return err
	}
	for _, s := range steps {
		event := strings.TrimSpace(s.Verb + " " + s.Subject)
		node := hostName(laneOf(s))
		if s.Op == "" && s.Path == "" { // a fault, or a node's start or end
			if err := tick(node, event); err != nil {
				return err
			}
			continue
		}
		if clocks[node] == nil {
			clocks[node] = clock{}
		}
		if !s.Lapsed && !s.Expired && node != observe.ZooKeeperItself {
			clocks[node].learn(replies[node])
			clocks[node].learn(paths[s.Path])
			if err := tick(node, event); err != nil {
				return err
			}
		}
		if clocks[observe.ZooKeeperItself] == nil {
			clocks[observe.ZooKeeperItself] = clock{}
		}
		if !s.Lapsed && !s.Expired { // else it has heard nothing from the node
			clocks[observe.ZooKeeperItself].learn(clocks[node])
		}
		if err := tick(observe.ZooKeeperItself, event); err != nil {
			return err
		}
		known := maps.Clone(clocks[observe.ZooKeeperItself])
		if replies[node] = known; s.Path != "" {
			paths[s.Path] = known
		}
	}
	return out.Flush()
}

// hostName is a lane as ShiViz takes the name of a host: without spaces.
func hostName(lane string) string { return strings.Join(strings.Fields(lane), "-") }

func oneLine(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, text)
}
