package metadata

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
)

// postgresql is the dialect of a database that others may write to at the same time, so what a transaction has read
// must still hold when it commits.
var postgresql = dialect{
	payload: "BYTEA", serial: "BIGSERIAL PRIMARY KEY", numbered: true,
	isolation: sql.LevelSerializable, transient: metAnother,
	digest: "SUM(('x' || substr(md5(id), 1, 16))::bit(64)::bigint)::text",
}

// Limits on the use of a PostgreSQL server.
const (
	connections     = 8
	connectPatience = 10 * time.Second // for the first answer and the tables
)

// OpenPostgreSQL opens the store in the database of a URL such as postgresql://user:password@host:5432/druid. It
// creates missing tables as Druid does; the error is a *ForeignTableError if Druid 0.14.0 could not work with one
// that exists.
func OpenPostgreSQL(ctx context.Context, url string) (*Store, error) {
	config, err := pgx.ParseConfig(url)
	if err != nil {
		return nil, fmt.Errorf("open metadata store: %w", err)
	}
	if config.RuntimeParams["application_name"] == "" {
		config.RuntimeParams["application_name"] = "oakmoot"
	}
	db := stdlib.OpenDB(*config)
	db.SetMaxOpenConns(connections)
	db.SetMaxIdleConns(connections)
	s := storeOver(databaseOn(postgresql, db))
	ctx, cancel := context.WithTimeout(ctx, connectPatience)
	defer cancel()
	if err = plainly(db.PingContext(ctx)); err == nil {
		err = s.ensureTables(ctx)
	}
	if err != nil {
		_ = db.Close() // the first error says more
		return nil, fmt.Errorf("open metadata store %s:%d/%s: %w", config.Host, config.Port, config.Database, err)
	}
	return s, nil
}

// plainly is what the network or the server said about a connection that failed; the driver's own text has a line for
// each address it tried.
func plainly(err error) error {
	var network *net.OpError
	var answer *pgconn.PgError
	switch {
	case errors.As(err, &answer):
		return answer
	case errors.As(err, &network):
		return network
	}
	return err
}

// SQLSTATE codes after which a transaction may succeed: it met another transaction, or a server that is starting or
// stopping.
var transientCodes = []string{
	"40001", // serialization_failure
	"40P01", // deadlock_detected
	"23505", // unique_violation: somebody else's row came first, and will be seen
	"42P07", // duplicate_table: somebody else's table came first
	"57P01", // admin_shutdown
	"57P03", // cannot_connect_now
}

// metAnother reports whether a transaction that failed this way may succeed on another try.
func metAnother(err error) bool {
	var answer *pgconn.PgError
	if errors.As(err, &answer) {
		return slices.Contains(transientCodes, answer.Code)
	}
	return pgconn.SafeToRetry(err)
}

// tablesLock is the advisory lock that lets only one oakmoot at a time create tables.
const tablesLock = 0x6f616b6d6f6f74

// ensureTables creates the missing tables in one transaction, and checks the others.
func (s *Store) ensureTables(ctx context.Context) error {
	return s.write(ctx, "prepare its tables", func(c conn) error {
		if _, err := c.exec(ctx, "SELECT pg_advisory_xact_lock(?)", int64(tablesLock)); err != nil {
			return err
		}
		existing, err := c.existingColumns(ctx)
		if err != nil {
			return err
		}
		for _, t := range druidTables {
			found := existing[t.inCatalog()]
			if found != nil {
				err = t.check(found)
			} else {
				err = c.createTable(ctx, t)
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
}

func (c conn) createTable(ctx context.Context, t table) error {
	for _, statement := range t.create() {
		if _, err := c.exec(ctx, c.dialect.types(statement)); err != nil {
			return fmt.Errorf("create table %s: %w", t.name, err)
		}
	}
	return nil
}
