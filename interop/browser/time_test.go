package browser

import (
	"bufio"
	"context"
	"io"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"oakmoot/cluster"
	"oakmoot/internal/door/cli"
	"oakmoot/interop/browser/screen"
)

// slide moves the slider to a place, as dragging it does.
func slide(p tab, to string) {
	p.Helper()
	eval[bool](p, `(() => { const s = document.querySelector(".slider input"); s.value = `+to+`; return s.dispatchEvent(new Event("input", { bubbles: true })); })()`)
}

func TestSliderLooksBack(t *testing.T) {
	p := open(t, desktop).free()
	p.has(".slider input")
	p.has(".node.up.leader")
	p.until(`Number(document.querySelector(".slider input").max) > 125`)
	slide(p, "Number(s.min)")
	p.until(`document.querySelector("main.back") && document.querySelectorAll(".node.starting").length === 10`)
	p.until(`!document.querySelector(".crown")`)
	p.shows(".slider .live", "back to live")

	// Step by step with the keyboard, and the ladder ends where the slider stands.
	eval[bool](p, `(document.querySelector(".slider input").focus(), true)`)
	first := eval[int](p, `Number(document.querySelector(".slider input").value)`)
	p.press(screen.Right)
	p.until(`document.querySelector(".slider .when b").innerText === ` + strconv.Quote(strconv.Itoa(first+1)))
	slide(p, "120")
	p.click("#tab-ladder")
	p.until(`Number([...document.querySelectorAll(".step")].at(-1)?.dataset.seq) <= 120`)
	p.has(".node.up.leader")

	// The tree is that of then.
	slide(p, "30")
	p.click("#tab-tree")
	p.until(`document.querySelector(".slider .when b").innerText === "30" && document.querySelector('[data-path="/druid"]')`)
	p.until(`!document.querySelector('[data-path="/druid/loadQueue/127.0.0.1:1"]')`)

	p.click(`[aria-label="Play"]`)
	p.until(`Number(document.querySelector(".slider .when b").innerText) > 32`)
	p.click(`[aria-label="Pause"]`)
	p.click(".slider .live")
	p.until(`!document.querySelector("main.back") && document.querySelectorAll(".node.up").length === 10`)
}

// A record of a run that is over opens on the same page.
func TestReplay(t *testing.T) {
	record := filepath.Join(t.TempDir(), "run.jsonl")
	recordFailover(t, record)
	p := openAt(t, replay(t, record), desktop, false)
	p.click(`[aria-label^="Chapter 2"]`)
	p.shows(".story", "This cluster has no overlord and no middlemanager")
	p.free()
	p.shows(".slider", "the run is over")
	p.has(".node")
	slide(p, "Number(s.min)")
	p.until(`document.querySelectorAll(".node.starting").length > 0`)
	slide(p, "Number(s.max)")
	p.has(".node.leader")
	p.click("#tab-faults")
	p.shows(".pane", "This run is over")
	p.click("#tab-ladder")
	p.has(".step .why")
	p.shoot("desktop-light-replay")
}

// recordFailover writes a run to a file in which the leading coordinator is killed.
func recordFailover(t *testing.T, file string) {
	t.Helper()
	topo := cluster.Topology{Schema: 1, Name: "recorded", Roles: []cluster.Role{{Kind: "coordinator", Count: 2}, {Kind: "historical"}}}
	c, err := cluster.New(topo, cluster.Record(file))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	done := make(chan error, 1)
	go func() { done <- c.Run(ctx) }()
	<-c.Ready()
	if _, err := c.Do(ctx, "stop coordinator@leader"); err != nil {
		t.Fatal(err)
	}
	if err := c.WaitFor(ctx, "up(coordinator) == 1 and leaders(coordinator) == 1"); err != nil {
		t.Fatal(err)
	}
	cancel()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
}

// replay runs the command, and returns the address that it prints.
func replay(t *testing.T, record string) string {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	out, w := io.Pipe()
	done := make(chan int, 1)
	go func() {
		defer w.Close()
		done <- cli.Run(ctx, make(chan struct{}), nil, []string{"replay", record, "--listen", "127.0.0.1:0"}, strings.NewReader(""), w, w)
	}()
	t.Cleanup(func() {
		cancel()
		if code := <-done; code != 0 {
			t.Errorf("replay: exit code %d", code)
		}
	})
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if _, rest, found := strings.Cut(lines.Text(), "http://"); found {
			go func() { _, _ = io.Copy(io.Discard, out) }() // else it waits, as nobody reads what else it says
			address, _, _ := strings.Cut(rest, " ")
			return "http://" + strings.TrimRight(address, "/.,") + "/"
		}
	}
	t.Fatal("replay printed no address")
	return ""
}
