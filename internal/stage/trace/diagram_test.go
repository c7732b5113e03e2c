package trace_test

import (
	"encoding/xml"
	"errors"
	"io"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"oakmoot/internal/stage/observe"
	"oakmoot/internal/stage/trace"
)

// draw is the page for steps. It is well-formed XML, so it can be inspected.
func draw(t *testing.T, steps []trace.Step) string {
	t.Helper()
	var page strings.Builder
	if err := trace.Diagram(&page, steps); err != nil {
		t.Fatal(err)
	}
	d := xml.NewDecoder(strings.NewReader(page.String()))
	d.Entity = xml.HTMLEntity
	for {
		_, err := d.Token()
		if err == io.EOF {
			return page.String()
		}
		if err != nil {
			t.Fatalf("page is not well-formed: %v", err)
		}
	}
}

// arrow is a row of the page.
type arrow struct{ protocol, after, back, from, end, label, aside, hover string }

var rowPattern = regexp.MustCompile(`<div class="step (\w+)"><time>([\d.]+)</time>` +
	`<span class="arrow( back)?" style="grid-column: (\d+) / (\d+)"><b>([^<]*)</b></span>` +
	`(?:<span class="aside" style="grid-column: (\d+)"></span>)?<pre>([^<]*)</pre></div>`)

func arrows(page string) []arrow {
	var all []arrow
	for _, m := range rowPattern.FindAllStringSubmatch(page, -1) {
		all = append(all, arrow{m[1], m[2], m[3], m[4], m[5], m[6], m[7], m[8]})
	}
	return all
}

func TestDiagramHasAnArrowForEachStepBetweenItsNodeAndZooKeeper(t *testing.T) {
	start := time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)
	page := draw(t, []trace.Step{
		{Time: start, Node: "historical-1", Protocol: observe.Announcement, Verb: "server announced", Subject: "h:1", Path: "/a"},
		{Time: start.Add(1500 * time.Millisecond), Node: "coordinator-1", Protocol: observe.Load, Verb: "load request", Subject: "s", Peer: "h:1", Path: "/l", Payload: `{"action":"load"}`},
		{Time: start.Add(2 * time.Second), Node: "historical-1", Protocol: observe.Load, Verb: "load request done", Subject: "s", Peer: "h:1", Detail: "at last", Path: "/l"},
		{Time: start.Add(2 * time.Second), Protocol: observe.Session, Verb: "open session"},
	})
	lanes := regexp.MustCompile(`<span>([\w-]+)</span>`).FindAllStringSubmatch(page, -1)
	var names []string
	for _, m := range lanes {
		names = append(names, m[1])
	}
	if diff := cmp.Diff([]string{"seconds", "coordinator-1", "ZooKeeper", "historical-1", "others"}, names); diff != "" {
		t.Errorf("lanes (-want +got):\n%s", diff)
	}
	want := []arrow{
		{"announcement", "0.000", " back", "3", "5", "server announced h:1", "", "historical-1: server announced h:1\n/a"},
		{"load", "1.500", "", "2", "4", "load request s", "4", "coordinator-1: load request s @ h:1\n/l\n\n{&#34;action&#34;:&#34;load&#34;}"},
		{"load", "2.000", " back", "3", "5", "load request done s", "", "historical-1: load request done s @ h:1\nat last\n/l"},
		{"session", "2.000", " back", "3", "6", "open session ", "", "others: open session \n"},
	}
	if diff := cmp.Diff(want, arrows(page), cmp.AllowUnexported(arrow{})); diff != "" {
		t.Errorf("arrows (-want +got):\n%s", diff)
	}
}

func TestDiagramOfTheQuickstartHasEveryStep(t *testing.T) {
	steps := quickstart(t)
	page := draw(t, steps)
	if got := len(arrows(page)); got != len(steps) {
		t.Errorf("got %d arrows, want %d", got, len(steps))
	}
	for _, s := range steps {
		if !strings.Contains(page, ">"+s.Node+"</span>") {
			t.Errorf("no lane for %s", s.Node)
		}
	}
}

func TestDiagramNeedsNoNetwork(t *testing.T) {
	page := draw(t, quickstart(t))
	head, _, _ := strings.Cut(page, `<div class="steps">`)
	for _, way := range []string{"http:", "https:", "//", "src=", "href=", "url(", "@import", "<script", "<link"} {
		if strings.Contains(head, way) {
			t.Errorf("the page has %q", way)
		}
	}
	if strings.Contains(page, "ZgotmplZ") {
		t.Error("the template refused a value")
	}
}

func TestDiagramShowsForeignTextAsText(t *testing.T) {
	evil := `</pre><script>alert("x")</script>`
	page := draw(t, []trace.Step{{Node: evil, Protocol: observe.Task, Verb: "task assigned", Subject: evil, Peer: evil, Detail: evil, Path: evil, Payload: evil}})
	if strings.Contains(page, "<script") || len(arrows(page)) != 1 {
		t.Errorf("got %s", page)
	}
}

func TestLongSubjectKeepsBothEndsOnTheArrow(t *testing.T) {
	page := draw(t, []trace.Step{{Node: "n", Protocol: observe.Load, Verb: "load request", Subject: "begin" + strings.Repeat("x", 100) + "end"}})
	if label := arrows(page)[0].label; len(label) > 80 || !strings.HasPrefix(label, "load request begin") || !strings.HasSuffix(label, "xend") {
		t.Errorf("got %q", label)
	}
}

func TestDiagramOfNothingIsAPage(t *testing.T) {
	if page := draw(t, nil); !strings.Contains(page, "<span>ZooKeeper</span>") {
		t.Errorf("got %s", page)
	}
}

func TestDiagramThatCannotBeWrittenIsAnError(t *testing.T) {
	full := errors.New("disk is full")
	if err := trace.Diagram(brokenWriter{full}, nil); !errors.Is(err, full) {
		t.Errorf("got %v, want it to be %v", err, full)
	}
}

type brokenWriter struct{ err error }

func (w brokenWriter) Write([]byte) (int, error) { return 0, w.err }

func TestDiagramMarksFaultsInTheirLanesAndDrawsAnExpiryFromZooKeeper(t *testing.T) {
	page := draw(t, []trace.Step{
		{Node: "coordinator-1", Protocol: observe.Disturbance, Verb: "kill", Subject: "coordinator@leader"},
		{Node: "coordinator-1", Protocol: observe.Supervision, Verb: "is killed"},
		{Node: observe.ZooKeeperItself, Protocol: observe.Disturbance, Verb: "zk_down"},
		{Node: "coordinator-1", Protocol: observe.Session, Verb: observe.SessionExpired, Expired: true},
	})
	if got := strings.Count(page, `<span class="mark" style="grid-column: 2 / 3">`); got != 2 {
		t.Errorf("got %d marks in the node's lane, want 2", got)
	}
	if got := strings.Count(page, `<span class="mark" style="grid-column: 3 / 4">`); got != 1 {
		t.Errorf("got %d marks in ZooKeeper's lane, want 1", got)
	}
	if !strings.Contains(page, `<div class="step session expired"><time>`) || !strings.Contains(page, `<span class="arrow back" style="grid-column: 2 / 4"><b>session expired`) {
		t.Error("the expiry is not drawn from ZooKeeper to the node")
	}
}
