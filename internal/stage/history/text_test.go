package history

import (
	"math/rand/v2"
	"strings"
	"testing"
)

func TestATextIsWhatItWasWhateverWasThereBefore(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	words := []string{"", "a", "aa", "aaab", "é", "{}", strings.Repeat("segment ", 20)}
	var before *text
	now := ""
	for range 2000 {
		if cut := rng.IntN(len(now) + 1); rng.IntN(3) == 0 {
			now = now[:cut]
		} else {
			now = now[:cut] + words[rng.IntN(len(words))] + now[cut:]
		}
		before = changed(before, now)
		if before.String() != now || before.depth >= longestDepth {
			t.Fatalf("got %q at depth %d, want %q", before, before.depth, now)
		}
	}
}

func TestABatchThatGrowsCostsASegment(t *testing.T) {
	batch := strings.Repeat("a segment,", 49)
	grown := changed(whole("["+batch+"]"), "["+batch+"one more]")
	if len(grown.own) > 10 {
		t.Errorf("got %q as its own, want what came", grown.own)
	}
}
