// Package metadata is the metadata store: Druid's own tables, with Druid's column names and payload bytes, in one
// SQLite file or in a PostgreSQL database that real Druid processes may share. A process opens one Store and shares it
// among its coordinators, overlords and realtime nodes; any goroutine may call its methods. The only goroutines are
// those of database/sql, which Close ends, so a Store that is used in a synctest bubble must be opened in it.
//
// An acknowledged write to SQLite survives the end of the process, however it ends: the operating system has the
// write-ahead log by then. The log is synced only at checkpoints (synchronous=NORMAL), so a power failure may lose the
// newest transactions, each as a whole, but never the file. A write to PostgreSQL is as durable as that server's
// settings make it.
package metadata

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"sync/atomic"

	_ "modernc.org/sqlite" // the driver "sqlite"

	"oakmoot/internal/run/clock"
)

// Sentinels that callers branch on; test with errors.Is.
var (
	// ErrNewer refuses a file written by a newer version.
	ErrNewer = errors.New("the metadata store was written by a newer version")
	// ErrTaskExists is Java's EntryExistsException.
	ErrTaskExists = errors.New("task already exists")
	// ErrNoActiveTask refuses a status for a task that is unknown or complete.
	ErrNoActiveTask = errors.New("active task not found")
	// ErrNotFound means that there is no such row.
	ErrNotFound = errors.New("not found")
	// ErrUnreadable means that a row's content is not what Druid writes there.
	ErrUnreadable = errors.New("the row cannot be read")
)

// readers is how many reads can run concurrently, beside the one writer.
const readers = 4

// Store is an open metadata store: three parts, and what concerns several of their tables, over one database. Pass a
// part to those that need no more.
type Store struct {
	*database
	Segments
	Configuration
	Tasks
}

// Segments are druid_segments, druid_pendingSegments and druid_dataSource: what SQLMetadataSegmentManager and
// IndexerSQLMetadataStorageCoordinator do with them.
type Segments struct{ *database }

// Configuration is druid_rules, druid_config and druid_audit: SQLMetadataRuleManager, ConfigManager and
// SQLAuditManager.
type Configuration struct{ *database }

// Tasks are druid_tasks, druid_tasklocks and druid_tasklogs: SQLMetadataStorageActionHandler.
type Tasks struct{ *database }

func storeOver(db *database) *Store {
	return &Store{db, Segments{db}, Configuration{db}, Tasks{db}}
}

// By is the store as a process uses it that writes the time of its own clock.
func (s *Store) By(c *clock.Clock) *Store {
	db := *s.database
	db.clock = c
	return storeOver(&db)
}

// database is the open database that all parts of a Store share.
type database struct {
	dialect dialect
	writer  *sql.DB // for SQLite a single connection: it has one writer
	reader  *sql.DB // the same as writer for a store in memory and for PostgreSQL
	ledger  *ledger // of the rows that could not be read
	journal *journal
	clock   *clock.Clock
	writes  *atomic.Int64 // transactions, through whatever clock
	heads   *taskHeads
	memo    *countsMemo
}

// databaseOn is a database with one connection pool for everything.
func databaseOn(d dialect, db *sql.DB) *database {
	return &database{dialect: d, writer: db, reader: db, ledger: newLedger(), journal: &journal{}, writes: new(atomic.Int64), heads: new(taskHeads), memo: new(countsMemo)}
}

// Writes counts the transactions that have been written, each once it can be seen. Those of other processes, which may
// write to the same PostgreSQL database, are not among them.
func (s *Store) Writes() int64 { return s.writes.Load() }

// Open opens the store in the file at path, which it creates, or migrates to the current schema; "" and ":memory:"
// mean a store in memory. The error is ErrNewer for a file with a newer schema.
func Open(ctx context.Context, path string) (*Store, error) {
	writer, err := sql.Open("sqlite", dsn(path, false))
	if err != nil {
		return nil, fmt.Errorf("open metadata store %s: %w", path, err)
	}
	writer.SetMaxOpenConns(1)
	db := databaseOn(sqlite, writer)
	if err := migrate(ctx, writer, db.dialect, migrations); err != nil {
		_ = writer.Close() // the migration's error says more
		return nil, fmt.Errorf("open metadata store %s: %w", path, err)
	}
	if inMemory(path) {
		return storeOver(db), nil
	}
	if db.reader, err = sql.Open("sqlite", dsn(path, true)); err != nil {
		_ = writer.Close()
		return nil, fmt.Errorf("open metadata store %s: %w", path, err)
	}
	db.reader.SetMaxOpenConns(readers)
	return storeOver(db), nil
}

func inMemory(path string) bool { return path == "" || path == ":memory:" }

// dsn is the driver's name for the file. Writing transactions take the write lock when they begin, so none can fail
// halfway for lack of it.
func dsn(path string, readOnly bool) string {
	if inMemory(path) {
		return ":memory:"
	}
	options := url.Values{"_pragma": {"busy_timeout(10000)", "journal_mode(WAL)", "synchronous(NORMAL)"}}
	if readOnly {
		options.Add("_pragma", "query_only(true)")
	} else {
		options.Set("_txlock", "immediate")
	}
	return (&url.URL{Scheme: "file", Opaque: (&url.URL{Path: path}).EscapedPath(), RawQuery: options.Encode()}).String()
}

// Close closes the store. It may be called more than once.
func (s *Store) Close() error {
	return errors.Join(s.reader.Close(), s.writer.Close())
}

// conn is a database or a transaction, its dialect, the ledger of unreadable rows, and the clock of who uses it.
type conn struct {
	dialect dialect
	ledger  *ledger
	clock   *clock.Clock
	changed *[]string // in a transaction: the ids of the segments whose rows it has changed
	sql     interface {
		ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
		QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
		PrepareContext(ctx context.Context, query string) (*sql.Stmt, error)
	}
}

func (d *database) reads() conn { return conn{d.dialect, d.ledger, d.clock, nil, d.reader} }

// exec runs a statement and returns how many rows it changed.
func (c conn) exec(ctx context.Context, query string, args ...any) (int, error) {
	return affected(c.sql.ExecContext(ctx, c.dialect.placeholders(query), args...))
}

func affected(result sql.Result, err error) (int, error) {
	if err != nil {
		return 0, err
	}
	n, err := result.RowsAffected()
	return int(n), err
}

// repeated makes a statement ready that is run often; the caller closes it.
func (c conn) repeated(ctx context.Context, query string) (*sql.Stmt, error) {
	return c.sql.PrepareContext(ctx, c.dialect.placeholders(query))
}

// scan is a row's Scan.
type scan func(dest ...any) error

// each reads the rows of a query one by one.
func each(ctx context.Context, c conn, read func(scan) error, query string, args ...any) error {
	rows, err := c.sql.QueryContext(ctx, c.dialect.placeholders(query), args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := read(rows.Scan); err != nil {
			return err
		}
	}
	return rows.Err()
}

// collect reads every row of a query.
func collect[T any](ctx context.Context, c conn, read func(scan) (T, error), query string, args ...any) ([]T, error) {
	var all []T
	err := each(ctx, c, func(s scan) error {
		one, err := read(s)
		all = append(all, one)
		return err
	}, query, args...)
	if err != nil {
		return nil, err
	}
	return all, nil
}

// first reads the first row of a query, or returns ErrNotFound.
func first[T any](ctx context.Context, c conn, read func(scan) (T, error), query string, args ...any) (T, error) {
	all, err := collect(ctx, c, read, query, args...)
	if err != nil || len(all) == 0 {
		var none T
		if err == nil {
			err = ErrNotFound
		}
		return none, err
	}
	return all[0], nil
}

// single reads a row of one column.
func single[T any](s scan) (T, error) {
	var v T
	err := s(&v)
	return v, err
}
