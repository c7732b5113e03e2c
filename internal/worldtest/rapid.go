package worldtest

import (
	"flag"
	"os"
	"testing"
)

// FewerStories is a TestMain for stories at random that take a moment each: 40 of them
// are tried, fewer than rapid would; -rapid.checks asks for more.
func FewerStories(m *testing.M) {
	if err := flag.Set("rapid.checks", "40"); err != nil {
		panic(err)
	}
	os.Exit(m.Run())
}
