package inventory_test

import (
	"flag"
	"os"
	"testing"
)

// A story at random takes a moment here, so there are fewer of them than rapid
// would tell; -rapid.checks asks for more.
func TestMain(m *testing.M) {
	if err := flag.Set("rapid.checks", "40"); err != nil {
		panic(err)
	}
	os.Exit(m.Run())
}
