package metadata

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
)

// table is one of Druid's tables. Its indexes are listed by the last part of their names.
type table struct {
	name    string
	columns []column
	indexes [][2]string
}

// column is a column's name and what it holds.
type column struct {
	name  string
	holds content
}

// content is what a column holds; a dialect has a type for it.
type content int

const (
	textColumn   content = iota + 1 // VARCHAR(255) NOT NULL
	keyColumn                       // text, the primary key
	uniqueColumn                    // text that no two rows share
	longColumn                      // VARCHAR(2048) NOT NULL
	nullText                        // VARCHAR(255), NULL allowed
	flagColumn                      // BOOLEAN NOT NULL
	flagFalse                       // BOOLEAN NOT NULL, false by default
	jsonColumn                      // JSON bytes
	nullJSON                        // JSON bytes, NULL allowed
	serialColumn                    // an auto-incremented row number, the primary key
)

// definitions are the contents in SQL, with the dialect's types by name.
var definitions = map[content]string{
	textColumn:   "VARCHAR(255) NOT NULL",
	keyColumn:    "VARCHAR(255) NOT NULL PRIMARY KEY",
	uniqueColumn: "VARCHAR(255) NOT NULL UNIQUE",
	longColumn:   "VARCHAR(2048) NOT NULL",
	nullText:     "VARCHAR(255)",
	flagColumn:   "BOOLEAN NOT NULL",
	flagFalse:    "BOOLEAN NOT NULL DEFAULT false",
	jsonColumn:   "{payload} NOT NULL",
	nullJSON:     "{payload}",
	serialColumn: "{serial}",
}

// druidTables are the tables that Druid 0.14.0 creates: SQLMetadataConnector.
var druidTables = []table{
	{"druid_segments", []column{
		{"id", keyColumn}, {"dataSource", textColumn}, {"created_date", textColumn}, {"start", textColumn}, {`"end"`, textColumn},
		{"partitioned", flagColumn}, {"version", textColumn}, {"used", flagColumn}, {"payload", jsonColumn},
	}, [][2]string{{"used", "used"}, {"datasource_used_end", `dataSource, used, "end"`}}},
	{"druid_pendingSegments", []column{
		{"id", keyColumn}, {"dataSource", textColumn}, {"created_date", textColumn}, {"start", textColumn}, {`"end"`, textColumn},
		{"sequence_name", textColumn}, {"sequence_prev_id", textColumn}, {"sequence_name_prev_id_sha1", uniqueColumn}, {"payload", jsonColumn},
	}, [][2]string{{"datasource_end", `dataSource, "end"`}, {"datasource_sequence", "dataSource, sequence_name"}}},
	{"druid_dataSource", []column{
		{"dataSource", keyColumn}, {"created_date", textColumn}, {"commit_metadata_payload", jsonColumn}, {"commit_metadata_sha1", textColumn},
	}, nil},
	{"druid_rules", []column{
		{"id", keyColumn}, {"dataSource", textColumn}, {"version", textColumn}, {"payload", jsonColumn},
	}, [][2]string{{"datasource", "dataSource"}}},
	{"druid_config", []column{{"name", keyColumn}, {"payload", jsonColumn}}, nil},
	{"druid_audit", []column{
		{"id", serialColumn}, {"audit_key", textColumn}, {"type", textColumn}, {"author", textColumn}, {"comment", longColumn},
		{"created_date", textColumn}, {"payload", jsonColumn},
	}, [][2]string{
		{"key_time", "audit_key, created_date"}, {"type_time", "type, created_date"}, {"audit_time", "created_date"},
	}},
	{"druid_tasks", []column{
		{"id", keyColumn}, {"created_date", textColumn}, {"datasource", textColumn}, {"payload", jsonColumn}, {"status_payload", jsonColumn}, {"active", flagFalse},
	}, [][2]string{{"active_created_date", "active, created_date"}}},
	{"druid_tasklocks", []column{{"id", serialColumn}, {"task_id", nullText}, {"lock_payload", nullJSON}}, [][2]string{{"task_id", "task_id"}}},
	{"druid_tasklogs", []column{{"id", serialColumn}, {"task_id", nullText}, {"log_payload", nullJSON}}, [][2]string{{"task_id", "task_id"}}},
	{"druid_supervisors", []column{
		{"id", serialColumn}, {"spec_id", textColumn}, {"created_date", textColumn}, {"payload", jsonColumn},
	}, [][2]string{{"spec_id", "spec_id"}}},
}

// create are the statements that create a table and its indexes.
func (t table) create() []string {
	columns := make([]string, len(t.columns))
	for i, c := range t.columns {
		columns[i] = c.name + " " + definitions[c.holds]
	}
	statements := []string{fmt.Sprintf("CREATE TABLE %s (%s)", t.name, strings.Join(columns, ", "))}
	for _, index := range t.indexes {
		statements = append(statements, fmt.Sprintf("CREATE INDEX idx_%s_%s ON %s (%s)", t.name, index[0], t.name, index[1]))
	}
	return statements
}

// migrations lead from an empty file to the current schema; a file's version is the number of migrations applied to
// it. A released migration never changes.
var migrations = [][]string{
	createAll(druidTables),
}

func createAll(tables []table) []string {
	var statements []string
	for _, t := range tables {
		statements = append(statements, t.create()...)
	}
	return statements
}

// migrate brings the file to the newest schema, each step in a transaction of its own together with the new version,
// so that the next opening continues where an interrupted one stopped.
func migrate(ctx context.Context, db *sql.DB, d dialect, steps [][]string) error {
	var version int
	if err := db.QueryRowContext(ctx, "PRAGMA user_version").Scan(&version); err != nil {
		return fmt.Errorf("read schema version: %w", err)
	}
	if version > len(steps) {
		return fmt.Errorf("schema version %d, known up to %d: %w", version, len(steps), ErrNewer)
	}
	for ; version < len(steps); version++ {
		if err := migrateTo(ctx, db, d, version+1, steps[version]); err != nil {
			return fmt.Errorf("migrate to schema version %d: %w", version+1, err)
		}
	}
	return nil
}

func migrateTo(ctx context.Context, db *sql.DB, d dialect, version int, step []string) error {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	for _, statement := range append(step[:len(step):len(step)], fmt.Sprintf("PRAGMA user_version = %d", version)) {
		if _, err := tx.ExecContext(ctx, d.types(statement)); err != nil {
			return fmt.Errorf("%s: %w", statement, err)
		}
	}
	return tx.Commit()
}
