//go:build interop && unix

package metadata

import (
	"context"
	"errors"
	"fmt"
	"os"
	"testing"

	"oakmoot/interop/pgserver"
)

// TestMain runs the tests with a private PostgreSQL server, unless one is named.
func TestMain(m *testing.M) {
	if os.Getenv("OAKMOOT_TEST_POSTGRES") != "" {
		os.Exit(m.Run())
	}
	ctx, stop := context.WithCancel(context.Background())
	code := 1
	err := pgserver.Run(ctx, func(s pgserver.Server) {
		defer stop()
		os.Setenv("OAKMOOT_TEST_POSTGRES", s.URL)
		code = m.Run()
	})
	if errors.Is(err, pgserver.ErrNotInstalled) && os.Getenv("CI") == "" {
		fmt.Fprintln(os.Stderr, "without a PostgreSQL server:", err)
		code = m.Run()
	} else if err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}
