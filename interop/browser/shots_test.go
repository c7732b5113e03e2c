package browser

import (
	"fmt"
	"testing"

	"oakmoot/interop/browser/screen"
)

// scenes are what is looked at in every size, light and dark.
var scenes = []struct {
	name string
	set  func(p tab)
}{
	{"story", func(p tab) { p.shows(".latches", "lowest: it leads"); p.has(".chapter .znode pre") }},
	{"play", func(p tab) { p.free(); p.click(`[data-node="historical-1"] .body`); p.has(".sheet .toml") }},
	{"tree", func(p tab) {
		p.free()
		p.click("#tab-tree")
		p.click(`[data-path="/druid/announcements"]`)
		p.has(`[data-path^="/druid/announcements/"]`)
	}},
	{"segments", func(p tab) { p.free(); p.click("#tab-segments"); p.has(".cells i") }},
}

// TestScreenshots writes pictures for people to look at, and checks that each scene comes about everywhere.
func TestScreenshots(t *testing.T) {
	everywhere(func(size screen.Size, dark bool, name string) {
		for _, scene := range scenes {
			t.Run(name+"-"+scene.name, func(t *testing.T) { // its tab is closed at its end
				p := openAt(t, "http://"+running.Addresses().Control+"/", size, dark)
				p.has(".node.up.leader")
				scene.set(p)
				p.shoot(name + "-" + scene.name)
			})
		}
	})
}

// TestScreenshotsWithoutLeader writes those of the seconds in which nobody leads.
func TestScreenshotsWithoutLeader(t *testing.T) {
	t.Cleanup(func() { whole(t) })
	everywhere(func(size screen.Size, dark bool, name string) {
		t.Run(name, func(t *testing.T) {
			whole(t)
			p := openAt(t, "http://"+running.Addresses().Control+"/", size, dark)
			p.click(`[aria-label^="Chapter 5"]`)
			p.click(".deed .danger")
			p.shows(".verdict.bad", "Nobody leads.")
			p.has(".node.killed.lingers .ring.dead")
			p.shoot(name + "-dead")
		})
	})
}

func everywhere(each func(size screen.Size, dark bool, name string)) {
	for _, size := range screen.Sizes {
		for _, dark := range []bool{false, true} {
			each(size, dark, fmt.Sprintf("%s-%s", size.Name, map[bool]string{false: "light", true: "dark"}[dark]))
		}
	}
}
