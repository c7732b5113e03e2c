package browser

import (
	"fmt"
	"strings"
	"testing"

	"oakmoot/interop/browser/screen"
)

// A click is held while the page is drawn several times: the button must stay the same one.
func TestHeldClickKillsANode(t *testing.T) {
	t.Cleanup(func() { whole(t) })
	p := open(t, desktop).free()
	p.click(`[data-node="historical-1"] .body`)
	p.has(`[data-verb="kill"]`)
	eval[bool](p, `(window.held = document.querySelector('[data-verb="kill"]'), import("/page/state.js").then(({store}) => { window.turns = 0; store.listen(() => window.turns++); return true }))`)
	p.until("window.turns >= 4")
	if !eval[bool](p, `window.held === document.querySelector('[data-verb="kill"]')`) {
		t.Error("the button was made anew")
	}
	// What was asked shows before the next frame, whatever comes of it.
	if got := eval[string](p, `(async () => { window.held.click(); await new Promise(requestAnimationFrame); await new Promise((done) => setTimeout(done)); return document.querySelector(".asks li")?.innerText ?? "" })()`); !strings.Contains(got, "kill historical.historical-1") {
		t.Errorf("after the click the page shows %q, want what was asked", got)
	}
	p.shows(".asks", "→ historical-1")
	p.has(`.node.killed[data-node="historical-1"]`)
	p.click("#tab-faults")
	p.shows(".pane .armed", "kill historical.historical-1")
	p.click(".pane .armed li button")
	p.has(`.node.up[data-node="historical-1"]`)
	p.shows(".pane .armed", "No fault is armed.")
}

func TestFaultByWords(t *testing.T) {
	t.Cleanup(func() { whole(t) })
	p := open(t, desktop).free()
	p.has("#expression")
	p.must(p.page.Type("#expression", "killl historical-1\r"))
	p.shows(".asks .failed", `did you mean "kill"`)
	eval[bool](p, `(document.querySelector("#expression").select(), true)`)
	p.must(p.page.Type("#expression", "pause historical.historical-2 for 60s\r"))
	p.shows(".asks .done", "→ historical-2")
	p.has(`.node.paused[data-node="historical-2"]`)
	p.shows(".armed", "ends in")
	p.click(".armed li button")
	p.has(`.node.up[data-node="historical-2"]`)
}

func TestFaultOfALink(t *testing.T) {
	t.Cleanup(func() { whole(t) })
	p := open(t, desktop).free()
	p.has(`[data-link="historical-1"]`)
	eval[bool](p, `document.querySelector('[data-link="historical-1"]').dispatchEvent(new MouseEvent("click", { bubbles: true }))`)
	p.shows(".sheet", "historical-1 ↔ ZooKeeper")
	p.click(`[data-verb="cut"]`)
	p.has(`.edge.cut[data-link="historical-1"]`)
	p.shows(".asks", "cut historical.historical-1 from zookeeper")
	p.press(screen.Escape)
	p.until(`!document.querySelector(".sheet")`)
}

func TestTreeByKeyboard(t *testing.T) {
	p := open(t, desktop).free()
	p.click("#tab-tree")
	p.has(`[data-path="/druid/announcements"]`)
	p.click(`[data-path="/druid/announcements"]`)
	p.until(`document.querySelectorAll('[data-path^="/druid/announcements/"]').length >= 3`)
	eval[bool](p, `(document.querySelector('[data-path="/druid/announcements"]').focus(), true)`)
	p.press(screen.Down)
	p.until(`document.activeElement.dataset.path?.startsWith("/druid/announcements/")`)
	p.shows(".two .znode", "dies with its session")
	p.shows(".two .znode pre", `"maxSize"`)
	p.press(screen.Left)
	p.until(`document.activeElement.dataset.path === "/druid/announcements"`)
	p.press(screen.Left)
	p.until(`!document.querySelector('[data-path^="/druid/announcements/"]')`)
}

// What changes in the tree is marked, and a directory that is open shows what comes into it.
func TestTreeShowsWhatChanges(t *testing.T) {
	p := open(t, desktop).free()
	p.click("#tab-tree")
	p.has(`[data-path="/druid/indexer"]`)
	if _, err := running.Do(t.Context(), `submit json {"type":"noop","runTime":2000}`); err != nil {
		t.Fatal(err)
	}
	p.has(`.twig.flash[data-path="/druid/indexer"]`)
}

func TestLadderTellsOfAStep(t *testing.T) {
	p := open(t, desktop).free()
	p.click("#tab-ladder")
	p.has(".step")
	eval[bool](p, `([...document.querySelectorAll(".step")].find((s) => s.innerText.includes("segment served")).querySelector(".line").click(), true)`)
	p.shows(".step.open .details", "/druid/servedSegments/")
	p.shows(".step.open pre", `"dataSource"`)
	p.has(".step.open .chain li") // why it happened
	p.click(".ladder .check input")
	p.until(`document.querySelectorAll(".step").length === 80 && Number(document.querySelector(".step").dataset.seq) > 1`)
	p.click(".ladder .bar button")
	p.until(`document.querySelectorAll(".step").length > 80`)
}

func TestSegmentsAndTasks(t *testing.T) {
	p := open(t, desktop).free()
	p.click("#tab-segments")
	p.shows(".servers", "used segments served")
	p.until(`document.querySelectorAll(".servers tbody tr").length >= 3`)
	p.has(".cells i:not(.no)")
	if title := eval[string](p, `document.querySelector(".cells i:not(.no)").title`); strings.Count(title, ":00.000Z_") < 2 {
		t.Errorf("a cell's title is %q, want a whole segment id", title)
	}
	p.click("#tab-tasks")
	p.shows(".tasks", "index_flights")
	p.shows(".tasks", "middlemanager-1")
}

func TestKeyboard(t *testing.T) {
	p := open(t, desktop).free()
	p.has("#tab-ladder")
	eval[bool](p, `(document.querySelector("nav button:last-child").focus(), true)`)
	for range 30 {
		if eval[bool](p, `document.activeElement.dataset?.node === "coordinator-1"`) {
			break
		}
		p.press(screen.Tab)
	}
	if !eval[bool](p, `document.activeElement.matches('[data-node="coordinator-1"]') && document.activeElement.matches(":focus-visible")`) {
		t.Fatalf("the tab key does not reach a node")
	}
	p.press(screen.Enter)
	p.shows(".sheet", "coordinator-1")
	p.press(screen.Escape)
	p.until(`!document.querySelector(".sheet")`)
	p.click("#tab-ladder")
	p.press(screen.Right)
	p.until(`document.activeElement.id === "tab-tree" && document.activeElement.getAttribute("aria-selected") === "true"`)
}

// Everything that can be clicked has a name that is read aloud.
func TestEverythingHasAName(t *testing.T) {
	p := open(t, desktop).free()
	p.has(".node")
	for _, tab := range []string{"ladder", "tree", "segments", "tasks", "faults"} {
		p.click("#tab-" + tab)
		nameless := eval[[]string](p, `[...document.querySelectorAll("button, input, select, [role=button], [role=tab], [role=treeitem]")].filter((e) => !(e.getAttribute("aria-label") || e.innerText?.trim() || e.labels?.length)).map((e) => e.outerHTML.slice(0, 120))`)
		if len(nameless) > 0 {
			t.Errorf("%s: no name for a screen reader: %s", tab, strings.Join(nameless, "\n"))
		}
	}
}

// Ids of segments are shortened as the commands shorten them.
func TestShortSegments(t *testing.T) {
	p := open(t, desktop)
	for id, want := range map[string]string{
		"flights_2001-03-01T00:00:00.000Z_2001-04-01T00:00:00.000Z_2026-11-30T17:42:53.343Z":   "flights_2001-03-01/P1M_…53.343Z",
		"flights_2001-03-01T00:00:00.000Z_2001-04-01T00:00:00.000Z_2026-11-30T17:42:53.343Z_1": "flights_2001-03-01/P1M_…53.343Z_1",
		"a_b_2001-03-01T05:00:00.000Z_2001-03-01T06:00:00.000Z_v1_3":                           "a_b_2001-03-01T05:00/PT1H_v1_3",
		"x_2001-03-01T05:07:00.000Z_2001-03-01T05:08:00.000Z_2001-03-01T05:07:00.000Z":         "x_2001-03-01T05:07/PT1M_…00.000Z",
		"x_2001-01-01T00:00:00.000Z_2003-01-01T00:00:00.000Z_1":                                "x_2001-01-01/2003-01-01_1",
		"index_flights_2026-11-30T17:42:52.945Z":                                               "index_flights_2026-11-30T17:42:52.945Z",
		"x_2001-99-01T00:00:00.000Z_2001-04-01T00:00:00.000Z_1":                                "x_2001-99-01T00:00:00.000Z_2001-04-01T00:00:00.000Z_1",
	} {
		if got := eval[string](p, fmt.Sprintf(`import("/page/words.js").then((w) => w.shortSegment(%q))`, id)); got != want {
			t.Errorf("%s: got %s, want %s", id, got, want)
		}
	}
}
