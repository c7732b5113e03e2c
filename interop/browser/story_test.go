package browser

import "testing"

func chapter(p tab, n string) { p.Helper(); p.has(`[data-chapter="` + n + `"]`) }

const onwards = ".turn .main"

// The story is read from the first chapter to the last, with all that it has to be clicked.
func TestStory(t *testing.T) {
	t.Cleanup(func() { whole(t) })
	p := open(t, desktop)
	chapter(p, "1")
	p.shows(".latches", "lowest: it leads")
	p.shows(".latches", "waits for number")
	p.shows(".chapter .znode", "/druid/coordinator/_COORDINATOR/")
	p.shows(".chapter .znode pre", "http://127.0.0.1:")

	p.click(onwards)
	chapter(p, "2")
	p.click(".deed button")
	p.shows(".chapter h3", "noop_story")
	p.shows(".moments", "task assigned")
	p.shows(".moments", "task status SUCCESS")
	p.shows(".moments", "/druid/indexer/tasks/")
	p.shows(".chapter .was pre", `"type": "noop"`)

	p.click(onwards)
	chapter(p, "3")
	p.click(".deed button")
	p.shows(".asks", "1 segments of")
	p.shows(".moments", "load request")
	p.shows(".moments", "load request done")
	p.shows(".moments", "/druid/loadQueue/")
	p.click(".chapter > .bar button")
	p.shows(".chapter > .bar", "The broker says:")

	p.click(onwards)
	chapter(p, "4")
	p.shows(".chapter", "would die")
	p.has(".chapter .paths li")
	p.shows(".chapter .znode", "dies with its session")

	p.click(onwards)
	chapter(p, "5")
	leader := eval[string](p, `document.querySelector(".node.leader").dataset.node`)
	p.click(".deed .danger")
	p.shows(".verdict.bad", "Nobody leads.")
	p.shows(".verdict.bad", leader+" is dead")
	p.has(`.node.killed.lingers[data-node="` + leader + `"]`)
	p.shows(".latches", "lowest, but its owner does not lead")
	p.shows(".verdict.good", "session has ended")
	p.shows(".moments", "coordinator leads")

	p.click(onwards)
	chapter(p, "6")
	p.click(".deed .main")
	p.has(`.node.up[data-node="` + leader + `"]`)
	p.shows(".chapter", "Who leads stays who leads")
	p.click(".chapter > .main")
	p.has(`[role="tablist"]`)
}

// A reload finds the story where it was, and the same for who has skipped it.
func TestStoryIsWhereItWas(t *testing.T) {
	p := open(t, desktop)
	p.click(`[aria-label^="Chapter 4"]`)
	chapter(p, "4")
	p.must(p.page.Go(eval[string](p, "location.href")))
	chapter(p, "4")
	p.click(".story .plainly")
	p.has(`[role="tablist"]`)
	p.must(p.page.Go(eval[string](p, "location.href")))
	p.has(`[role="tablist"]`)
	p.click("nav button:first-child")
	chapter(p, "4")
}
