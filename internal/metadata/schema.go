package metadata

import (
	"context"
	"database/sql"
	"fmt"
)

// migrations lead from an empty file to the current schema; a file's version is
// the number of those it has seen. A released migration is never changed.
var migrations = [][]string{
	druidTables,
}

// druidTables are the tables that Druid 0.14.0 creates: SQLMetadataConnector.
var druidTables = []string{
	`CREATE TABLE druid_segments (
		id VARCHAR(255) NOT NULL PRIMARY KEY, dataSource VARCHAR(255) NOT NULL, created_date VARCHAR(255) NOT NULL,
		start VARCHAR(255) NOT NULL, "end" VARCHAR(255) NOT NULL, partitioned BOOLEAN NOT NULL,
		version VARCHAR(255) NOT NULL, used BOOLEAN NOT NULL, payload {payload} NOT NULL)`,
	`CREATE INDEX idx_druid_segments_used ON druid_segments (used)`,
	`CREATE INDEX idx_druid_segments_datasource_used_end ON druid_segments (dataSource, used, "end")`,

	`CREATE TABLE druid_pendingSegments (
		id VARCHAR(255) NOT NULL PRIMARY KEY, dataSource VARCHAR(255) NOT NULL, created_date VARCHAR(255) NOT NULL,
		start VARCHAR(255) NOT NULL, "end" VARCHAR(255) NOT NULL, sequence_name VARCHAR(255) NOT NULL,
		sequence_prev_id VARCHAR(255) NOT NULL, sequence_name_prev_id_sha1 VARCHAR(255) NOT NULL UNIQUE,
		payload {payload} NOT NULL)`,
	`CREATE INDEX idx_druid_pendingSegments_datasource_end ON druid_pendingSegments (dataSource, "end")`,
	`CREATE INDEX idx_druid_pendingSegments_datasource_sequence ON druid_pendingSegments (dataSource, sequence_name)`,

	`CREATE TABLE druid_dataSource (
		dataSource VARCHAR(255) NOT NULL PRIMARY KEY, created_date VARCHAR(255) NOT NULL,
		commit_metadata_payload {payload} NOT NULL, commit_metadata_sha1 VARCHAR(255) NOT NULL)`,

	`CREATE TABLE druid_rules (
		id VARCHAR(255) NOT NULL PRIMARY KEY, dataSource VARCHAR(255) NOT NULL, version VARCHAR(255) NOT NULL,
		payload {payload} NOT NULL)`,
	`CREATE INDEX idx_druid_rules_datasource ON druid_rules (dataSource)`,

	`CREATE TABLE druid_config (name VARCHAR(255) NOT NULL PRIMARY KEY, payload {payload} NOT NULL)`,

	`CREATE TABLE druid_audit (
		id {serial}, audit_key VARCHAR(255) NOT NULL, type VARCHAR(255) NOT NULL, author VARCHAR(255) NOT NULL,
		comment VARCHAR(2048) NOT NULL, created_date VARCHAR(255) NOT NULL, payload {payload} NOT NULL)`,
	`CREATE INDEX idx_druid_audit_key_time ON druid_audit (audit_key, created_date)`,
	`CREATE INDEX idx_druid_audit_type_time ON druid_audit (type, created_date)`,
	`CREATE INDEX idx_druid_audit_audit_time ON druid_audit (created_date)`,

	`CREATE TABLE druid_tasks (
		id VARCHAR(255) NOT NULL PRIMARY KEY, created_date VARCHAR(255) NOT NULL, datasource VARCHAR(255) NOT NULL,
		payload {payload} NOT NULL, status_payload {payload} NOT NULL, active BOOLEAN NOT NULL DEFAULT false)`,
	`CREATE INDEX idx_druid_tasks_active_created_date ON druid_tasks (active, created_date)`,

	`CREATE TABLE druid_tasklocks (id {serial}, task_id VARCHAR(255), lock_payload {payload})`,
	`CREATE INDEX idx_druid_tasklocks_task_id ON druid_tasklocks (task_id)`,

	`CREATE TABLE druid_tasklogs (id {serial}, task_id VARCHAR(255), log_payload {payload})`,
	`CREATE INDEX idx_druid_tasklogs_task_id ON druid_tasklogs (task_id)`,

	`CREATE TABLE druid_supervisors (
		id {serial}, spec_id VARCHAR(255) NOT NULL, created_date VARCHAR(255) NOT NULL, payload {payload} NOT NULL)`,
	`CREATE INDEX idx_druid_supervisors_spec_id ON druid_supervisors (spec_id)`,
}

// migrate brings the file to the newest schema, each step in a transaction of
// its own with the version it leads to, so that an end in the middle is
// continued at the next opening.
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
