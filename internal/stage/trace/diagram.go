package trace

import (
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"slices"
	"strings"
	"time"

	"oakmoot/internal/stage/observe"
)

//go:embed diagram.html
var diagramPage string

var diagramTemplate = template.Must(template.New("diagram").Parse(diagramPage))

// Diagram writes a sequence diagram as one HTML page that needs no network: a lane for each node and one for
// ZooKeeper, time running downwards, an arrow for each step and a mark for each fault, start and end of a node; hovering shows the znode's path and content.
func Diagram(w io.Writer, steps []Step) error {
	if err := diagramTemplate.Execute(w, draw(steps)); err != nil {
		return fmt.Errorf("diagram: %w", err)
	}
	return nil
}

// diagram is what the page shows. Columns are those of its grid, counted from 1; the first is for the time.
type diagram struct {
	Lanes     []string
	Protocols []Protocol
	Rows      []row
}

// row is a step as drawn.
type row struct {
	Step
	After     string // seconds since the first step
	From, End int    // the columns that the arrow covers, without End
	Leftwards bool   // the arrow points to the left
	Label     string
	Aside     int  // column of the peer it is addressed to, 0 for none
	Mark      bool // no arrow: a fault, or a node's start or end
}

// Names of the lanes that do not belong to a node.
const (
	laneZooKeeper = observe.ZooKeeperItself
	laneStranger  = "others"
)

// quiet are the protocols that the page hides at first, but for sessions that expire.
var quiet = []Protocol{observe.Session, observe.Layout}

// Quiet reports whether a protocol is hidden at first.
func (diagram) Quiet(p Protocol) bool { return slices.Contains(quiet, p) }

func draw(steps []Step) diagram {
	d := diagram{Lanes: lanes(steps)}
	column := map[string]int{}
	for i, name := range d.Lanes {
		column[name] = i + 2
	}
	at := addresses(steps)
	for _, s := range steps {
		if !slices.Contains(d.Protocols, s.Protocol) {
			d.Protocols = append(d.Protocols, s.Protocol)
		}
		d.Rows = append(d.Rows, drawStep(s, steps[0].Time, column, at))
	}
	slices.Sort(d.Protocols)
	return d
}

func drawStep(s Step, start time.Time, column map[string]int, at map[string]string) row {
	r := row{Step: s, After: fmt.Sprintf("%.3f", s.Time.Sub(start).Seconds())}
	by, zk := column[laneOf(s)], column[laneZooKeeper]
	r.From, r.End, r.Leftwards = min(by, zk), max(by, zk)+1, by > zk
	if s.Lapsed || s.Expired { // ZooKeeper did it, to the node
		r.Leftwards = by < zk
	}
	r.Label = s.Verb + " " + shorten(s.Subject)
	if s.Protocol == observe.Disturbance || s.Protocol == observe.Supervision {
		r.From, r.End, r.Leftwards, r.Mark = by, by+1, false, true
	}
	if peer := at[s.Peer]; peer != "" && peer != s.Node {
		r.Aside = column[peer]
	}
	return r
}

// labelLimit is how many characters of a subject an arrow shows; hovering shows the rest.
const labelLimit = 44

// shorten cuts the middle out of a long text: ids differ at both ends.
func shorten(text string) string {
	r := []rune(text)
	if len(r) <= labelLimit {
		return text
	}
	return string(r[:labelLimit/2]) + "…" + string(r[len(r)-labelLimit/2+1:])
}

// laneOf is the lane in which a step begins. A session that belongs to no known node has no name: its number would
// mean nothing to a reader.
func laneOf(s Step) string {
	if s.Node == "" {
		return laneStranger
	}
	return s.Node
}

// leftKinds are the kinds of nodes that stand to the left of ZooKeeper: those that ask. All others stand to its
// right.
var leftKinds = []string{"overlord", "coordinator"}

// lanes are the participants, in the order of the columns.
func lanes(steps []Step) []string {
	var left, right []string
	for _, s := range steps {
		name := laneOf(s)
		if name == laneZooKeeper {
			continue
		}
		if isLeft := slices.ContainsFunc(leftKinds, func(kind string) bool { return strings.HasPrefix(name, kind) }); isLeft {
			left = append(left, name)
		} else {
			right = append(right, name)
		}
	}
	slices.Sort(left)
	slices.Sort(right)
	all := append(slices.Compact(left), laneZooKeeper)
	return append(all, slices.Compact(right)...)
}

// addresses maps addresses to the nodes that serve there, as announced by the nodes themselves.
func addresses(steps []Step) map[string]string {
	at := map[string]string{}
	for _, s := range steps {
		switch s.Verb {
		case "server announced", "worker announced", "node discovered":
			at[s.Subject] = s.Node
		}
	}
	return at
}
