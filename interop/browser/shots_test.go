package browser

import (
	"testing"

	"oakmoot/interop/browser/screen"
)

// scenes are what is looked at in every size, light and dark, one after the other in the same tab.
var scenes = []struct {
	name string
	set  func(p tab)
}{
	{"story", func(p tab) { p.shows(".latches", "lowest: it leads"); p.has(".chapter .znode pre") }},
	{"dead", func(p tab) {
		p.click(`[aria-label^="Chapter 5"]`)
		const place = `document.querySelector(".picture").offsetTop`
		before := eval[int](p, place)
		p.click(".deed .danger")
		p.shows(".verdict.bad", "Nobody leads.")
		if after := eval[int](p, place); after != before {
			p.Errorf("the picture moves from %d to %d when the leader is lost", before, after)
		}
		p.has(".node.killed.lingers .ring.dead")
	}},
	{"play", func(p tab) { p.free(); p.click(`[data-node="historical-1"] .body`); p.has(".sheet .toml") }},
	{"tree", func(p tab) {
		p.click("#tab-tree")
		p.click(`[data-path="/druid/announcements"]`)
		p.has(`[data-path^="/druid/announcements/"]`)
	}},
	{"segments", func(p tab) { p.click("#tab-segments"); p.has(".cells i") }},
	{"faults", func(p tab) { p.click("#tab-faults"); p.shows(".pane .armed", "kill coordinator@leader") }},
}

// TestScreenshots writes pictures for people to look at, and checks that each scene comes about in every size.
func TestScreenshots(t *testing.T) {
	for _, size := range screen.Sizes {
		t.Run(size.Name, func(t *testing.T) {
			t.Cleanup(func() { whole(t) })
			p := open(t, size)
			p.has(".node.up.leader")
			for _, scene := range scenes {
				scene.set(p)
				for _, scheme := range []string{"light", "dark"} {
					p.must(p.page.Dark(scheme == "dark"))
					p.until(`document.getAnimations().every((a) => !(a instanceof CSSTransition))`) // the colours have changed
					p.shoot(size.Name + "-" + scheme + "-" + scene.name)
				}
			}
		})
	}
}
