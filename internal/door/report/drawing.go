package report

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"oakmoot/internal/stage/observe"
	"oakmoot/internal/stage/trace"
)

// drawing is the timeline: a lane for each node and one for ZooKeeper, time running to the right.
type drawing struct {
	Width, Height int
	Lanes         []lane
	Grid          []gridLine
	First         *gridLine // when the first check broke
}

type gridLine struct {
	X    int
	Text string
}

// Anchor is the end of its text at which the line stands, so that the text stays in the drawing.
func (g gridLine) Anchor() string {
	if g.X > plotLeft+plotWidth/2 {
		return "end"
	}
	return "start"
}

// Gap is between the line and its text.
func (g gridLine) Gap() int {
	if g.X > plotLeft+plotWidth/2 {
		return -4
	}
	return 4
}

// lane is what is drawn of a node.
type lane struct {
	Name   string
	Y      int
	Spans  []span
	Marks  []mark
	Counts string // polyline of the segments that it announces; "" if it announces none
	Most   int    // segments at any time
}

// span is something that lasts; its class says what.
type span struct {
	Class       string // down | paused | fault | leads | session | task
	X, W        int
	Text        string
	Top, Height int // within the drawing
}

// mark is a step.
type mark struct {
	Class     string // the protocol
	X, Y, End int
	Text      string
}

// Measures of the drawing.
const (
	laneHeight = 40
	plotLeft   = 150
	plotWidth  = 1000
	plotTop    = 24
)

// tops are where in a lane the spans of a class are drawn, and how high they are.
var tops = map[string][2]int{
	"down": {1, laneHeight - 2}, "paused": {1, laneHeight - 2}, "fault": {1, laneHeight - 2}, "leads": {4, 7}, "task": {14, 7}, "session": {33, 4},
}

// scene draws; it maps times to columns.
type scene struct {
	began time.Time
	whole time.Duration
}

func (s scene) x(t time.Time) int {
	share := float64(t.Sub(s.began)) / float64(s.whole)
	return plotLeft + int(min(1, max(0, share))*plotWidth)
}

func (s *script) draw(limit int) drawing {
	sc := scene{s.r.Run.Began, max(time.Millisecond, s.end().Sub(s.r.Run.Began))}
	d := drawing{Width: plotLeft + plotWidth + 20}
	names := append([]string{observe.ZooKeeperItself}, s.r.Run.Nodes...)
	for i, name := range names {
		d.Lanes = append(d.Lanes, s.lane(sc, name, plotTop+i*laneHeight))
	}
	d.Height = plotTop + len(names)*laneHeight + 8
	for _, i := range s.window(limit) {
		step := s.steps[i]
		at := slices.Index(names, step.Node)
		if step.Lapsed || step.Expired || at < 0 {
			at = 0 // ZooKeeper's own doing
		}
		text := fmt.Sprintf("%s %s %s", s.r.since(step.Time), step.Verb, shorten(step.Subject))
		d.Lanes[at].Marks = append(d.Lanes[at].Marks, mark{string(step.Protocol), sc.x(step.Time), d.Lanes[at].Y + 13, d.Lanes[at].Y + 22, text})
	}
	for i := range 11 {
		t := sc.began.Add(sc.whole * time.Duration(i) / 10)
		d.Grid = append(d.Grid, gridLine{sc.x(t), fmt.Sprintf("%.1f s", t.Sub(sc.began).Seconds())})
	}
	if s.first.Bad && !s.first.Time.IsZero() {
		d.First = &gridLine{sc.x(s.first.Time), s.first.Name}
	}
	return d
}

func shorten(text string) string {
	if r := []rune(text); len(r) > 80 {
		return string(r[:40]) + "…" + string(r[len(r)-39:])
	}
	return text
}

// lane draws what lasts in a node's lane.
func (s *script) lane(sc scene, name string, y int) lane {
	l := lane{Name: name, Y: y}
	add := func(class string, from, to time.Time, text string) {
		x := sc.x(from)
		l.Spans = append(l.Spans, span{Class: class, X: x, W: max(2, sc.x(to)-x), Text: text, Top: y + tops[class][0], Height: tops[class][1]})
	}
	for _, f := range s.r.Verdict.Faults {
		if !slices.Contains(f.Nodes, name) && (len(f.Nodes) > 0 || name != observe.ZooKeeperItself) {
			continue
		}
		to := f.Ended
		if to.IsZero() {
			to = f.Since
			if f.ID != "" {
				to = s.end()
			}
		}
		add("fault", f.Since, to, fmt.Sprintf("%s, %s", f.Do, s.r.faultRow(f).Lasted))
	}
	open := map[string]trace.Step{} // what has begun, by class and subject
	ends := func(class, subject string, at time.Time) {
		if from, begun := open[class+subject]; begun {
			add(class, from.Time, at, strings.TrimSpace(from.Verb+" "+shorten(from.Subject)))
			delete(open, class+subject)
		}
	}
	for _, step := range s.steps {
		if step.Node != name {
			continue
		}
		for _, b := range bands {
			if subject, begins, over := b.see(step); begins {
				open[b.class+subject] = step
			} else if over {
				ends(b.class, subject, step.Time)
			}
		}
	}
	for _, key := range sortedKeys(open) {
		for _, b := range bands {
			if subject, is := strings.CutPrefix(key, b.class); is {
				ends(b.class, subject, s.end())
			}
		}
	}
	s.count(sc, &l)
	return l
}

func sortedKeys(m map[string]trace.Step) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// bands are what lasts in a lane, by the steps with which it begins and ends.
var bands = []struct {
	class string
	see   func(trace.Step) (subject string, begins, over bool)
}{
	{"down", func(s trace.Step) (string, bool, bool) {
		return "", s.Protocol == observe.Supervision && (s.Verb == "is killed" || s.Verb == "is stopped"), s.Verb == "starts"
	}},
	{"paused", func(s trace.Step) (string, bool, bool) {
		return "", s.Verb == "is paused", s.Protocol == observe.Supervision
	}},
	{"leads", func(s trace.Step) (string, bool, bool) {
		return "", s.Protocol == observe.Election && strings.HasSuffix(s.Verb, " leads") && s.Op == observe.OpCreate, strings.HasSuffix(s.Verb, " no longer leads")
	}},
	{"session", func(s trace.Step) (string, bool, bool) {
		return s.Session, s.Op == observe.OpOpenSession, s.Op == observe.OpCloseSession
	}},
	{"task", func(s trace.Step) (string, bool, bool) {
		return s.Subject, s.Verb == "task status RUNNING", s.Protocol == observe.Task && strings.HasPrefix(s.Verb, "task status ")
	}},
}

// count draws how many segments a node announces, as steps of a line in its lane.
func (s *script) count(sc scene, l *lane) {
	held, perBatch := 0, map[string]int{}
	type point struct {
		x, n int
	}
	points := []point{{plotLeft, 0}}
	for _, step := range s.steps {
		var n int
		if _, err := fmt.Sscanf(step.Detail[strings.Index(step.Detail, ", ")+1:], " %d in its node", &n); err != nil || step.Node != l.Name {
			continue
		}
		if step.Op == observe.OpDelete {
			n = 0
		}
		held += n - perBatch[step.Path]
		perBatch[step.Path] = n
		l.Most = max(l.Most, held)
		points = append(points, point{sc.x(step.Time), held})
	}
	if l.Most == 0 {
		return
	}
	points = append(points, point{plotLeft + plotWidth, held})
	var b strings.Builder
	for i, p := range points {
		y := l.Y + 31 - p.n*9/l.Most
		if i > 0 {
			fmt.Fprintf(&b, "%d,%d ", p.x, l.Y+31-points[i-1].n*9/l.Most)
		}
		fmt.Fprintf(&b, "%d,%d ", p.x, y)
	}
	l.Counts = strings.TrimSpace(b.String())
}
