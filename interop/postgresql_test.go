//go:build interop

package interop

import (
	"context"
	"database/sql"
	"errors"
	"os"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"

	"oakmoot/cluster"
	"oakmoot/interop/real"
)

// postgresql is a private server for the length of a test.
func postgresql(t *testing.T) *real.Process {
	t.Helper()
	dir, err := os.MkdirTemp("", "oakmoot-postgresql-")
	if err == nil {
		t.Cleanup(func() { os.RemoveAll(dir) })
		err = os.Chmod(dir, 0o755) // PostgreSQL runs as another user
	}
	if err != nil {
		t.Fatal(err)
	}
	db, err := real.Postgres(t.Context(), dir)
	if db != nil {
		t.Cleanup(db.Destroy)
	}
	if err != nil {
		unavailable(t, err)
	}
	return db
}

func quickstartOn(url string) cluster.Topology {
	topo := cluster.Quickstart()
	topo.Metadata = cluster.Metadata{Kind: "postgresql", Connect: url}
	return topo
}

func TestClusterKeepsItsMetadataInPostgreSQL(t *testing.T) {
	db := postgresql(t)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	first := cluster.RunT(t, quickstartOn(db.Login()))
	for _, condition := range []string{
		"used(flights) > 0", "served(flights) == used(flights)", "leaders(overlord) == 1",
	} {
		if err := first.WaitFor(ctx, condition); err != nil {
			t.Fatal(err)
		}
	}
	rows, err := sql.Open("pgx", db.Login())
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for table, query := range map[string]string{
		"druid_segments": "SELECT count(*) FROM druid_segments WHERE used AND datasource = 'flights'",
		"druid_tasks":    "SELECT count(*) FROM druid_tasks WHERE datasource = 'flights'",
		"druid_rules":    "SELECT count(*) FROM druid_rules WHERE datasource = '_default'",
	} {
		var n int
		if err := rows.QueryRowContext(ctx, query).Scan(&n); err != nil || n == 0 {
			t.Errorf("%s: got %d rows, %v, want some", table, n, err)
		}
	}
}

func TestClusterRefusesAForeignDatabase(t *testing.T) {
	db := postgresql(t)
	rows, err := sql.Open("pgx", db.Login())
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	if _, err := rows.ExecContext(t.Context(), "CREATE TABLE druid_segments (id VARCHAR(255) PRIMARY KEY, blob BYTEA)"); err != nil {
		t.Fatal(err)
	}
	c, err := cluster.New(quickstartOn(db.Login()))
	if err != nil {
		t.Fatal(err)
	}
	err = c.Run(t.Context())
	want := "open metadata store " + db.Host + `/druid: prepare its tables: table druid_segments: column "datasource" of Druid 0.14.0 is missing`
	if err == nil || err.Error() != want || !errors.Is(err, cluster.ErrUnavailable) {
		t.Errorf("got %v, want %s", err, want)
	}
}
