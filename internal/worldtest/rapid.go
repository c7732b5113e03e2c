package worldtest

import (
	"flag"
	"os"
	"testing"
)

// FewerStories is a TestMain for random stories that take a moment each: it tries 40,
// which is fewer than rapid would; -rapid.checks asks for more.
func FewerStories(m *testing.M) {
	if err := flag.Set("rapid.checks", "40"); err != nil {
		panic(err)
	}
	os.Exit(m.Run())
}
