//go:build interop

package metadata

import (
	"context"
	"errors"
	"fmt"
	"os"
	"testing"

	"oakmoot/interop/real"
)

// TestMain runs the tests with a private PostgreSQL server, unless one is named.
func TestMain(m *testing.M) { os.Exit(withPostgreSQL(m.Run)) }

func withPostgreSQL(run func() int) int {
	if os.Getenv("OAKMOOT_TEST_POSTGRES") != "" {
		return run()
	}
	dir, err := os.MkdirTemp("", "oakmoot-postgresql-")
	if err == nil {
		defer os.RemoveAll(dir)
		err = os.Chmod(dir, 0o755) // PostgreSQL runs as another user
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	db, err := real.Postgres(context.Background(), dir)
	if db != nil {
		defer db.Destroy()
	}
	if errors.Is(err, real.ErrMissing) && os.Getenv("CI") == "" {
		fmt.Fprintln(os.Stderr, "without a PostgreSQL server:", err)
		return run()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	os.Setenv("OAKMOOT_TEST_POSTGRES", db.Login())
	return run()
}
