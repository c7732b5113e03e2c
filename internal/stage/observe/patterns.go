package observe

import (
	"slices"

	"oakmoot/internal/stage/scenario"
)

// patterns are how many znodes match the patterns that somebody has asked for, kept up to date from then on.
type patterns struct{ asked []patternCount }

type patternCount struct {
	pattern string
	znodes  int
}

// patternsKept is how many patterns are remembered, the latest ones.
const patternsKept = 32

// change takes a znode that has come, or gone.
func (p *patterns) change(path string, by int) {
	for i := range p.asked {
		if scenario.MatchPath(p.asked[i].pattern, path) {
			p.asked[i].znodes += by
		}
	}
}

// count is how many of the znodes match a pattern. Only the first to ask has them all looked at.
func (p *patterns) count(pattern string, znodes map[string]*entry) int {
	if i := slices.IndexFunc(p.asked, func(c patternCount) bool { return c.pattern == pattern }); i >= 0 {
		return p.asked[i].znodes
	}
	c := patternCount{pattern: pattern}
	for path := range znodes {
		c.znodes += oneIf(scenario.MatchPath(pattern, path))
	}
	if len(p.asked) == patternsKept {
		p.asked = slices.Delete(p.asked, 0, 1)
	}
	p.asked = append(p.asked, c)
	return c.znodes
}
