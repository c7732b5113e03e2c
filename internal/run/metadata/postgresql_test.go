package metadata

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"oakmoot/internal/druid"
)

// newDatabase is the URL of an empty place on the server that OAKMOOT_TEST_POSTGRES names: a schema of its own,
// removed after the test.
func newDatabase(t *testing.T) string {
	t.Helper()
	server := os.Getenv("OAKMOOT_TEST_POSTGRES")
	if server == "" {
		t.Skip("OAKMOOT_TEST_POSTGRES names no PostgreSQL server")
	}
	db := must[*sql.DB](t)(sql.Open("pgx", server))
	schema := "t" + strings.ReplaceAll(uuid.NewString(), "-", "")
	if _, err := db.ExecContext(t.Context(), "CREATE SCHEMA "+schema); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if _, err := db.Exec("DROP SCHEMA " + schema + " CASCADE"); err != nil {
			t.Errorf("clean up: %v", err)
		}
		_ = db.Close()
	})
	u := must[*url.URL](t)(url.Parse(server))
	query := u.Query()
	query.Set("search_path", schema)
	u.RawQuery = query.Encode()
	return u.String()
}

func openPostgreSQL(t *testing.T, url string) *Store {
	t.Helper()
	s := must[*Store](t)(OpenPostgreSQL(t.Context(), url))
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return s
}

func TestTablesAreDruidsOwn(t *testing.T) {
	s := openPostgreSQL(t, newDatabase(t))
	lines := func(query string) []string {
		return must[[]string](t)(collect(t.Context(), s.reads(), single[string], query))
	}
	columns := lines(`SELECT table_name || ': ' || string_agg(column_name || ' ' || udt_name || coalesce(character_maximum_length::text, '') ||
		CASE is_nullable WHEN 'YES' THEN ' or NULL' ELSE '' END, ', ' ORDER BY ordinal_position)
		FROM information_schema.columns WHERE table_schema = current_schema() GROUP BY table_name ORDER BY table_name`)
	wantColumns := []string{
		"druid_audit: id int8, audit_key varchar255, type varchar255, author varchar255, comment varchar2048, created_date varchar255, payload bytea",
		"druid_config: name varchar255, payload bytea",
		"druid_datasource: datasource varchar255, created_date varchar255, commit_metadata_payload bytea, commit_metadata_sha1 varchar255",
		"druid_pendingsegments: id varchar255, datasource varchar255, created_date varchar255, start varchar255, end varchar255, " +
			"sequence_name varchar255, sequence_prev_id varchar255, sequence_name_prev_id_sha1 varchar255, payload bytea",
		"druid_rules: id varchar255, datasource varchar255, version varchar255, payload bytea",
		"druid_segments: id varchar255, datasource varchar255, created_date varchar255, start varchar255, end varchar255, " +
			"partitioned bool, version varchar255, used bool, payload bytea",
		"druid_supervisors: id int8, spec_id varchar255, created_date varchar255, payload bytea",
		"druid_tasklocks: id int8, task_id varchar255 or NULL, lock_payload bytea or NULL",
		"druid_tasklogs: id int8, task_id varchar255 or NULL, log_payload bytea or NULL",
		"druid_tasks: id varchar255, created_date varchar255, datasource varchar255, payload bytea, status_payload bytea, active bool",
	}
	if diff := cmp.Diff(wantColumns, columns); diff != "" {
		t.Error(diff)
	}
	indexes := lines(`SELECT indexname || substring(indexdef from ' \(.*') FROM pg_indexes WHERE schemaname = current_schema() ORDER BY indexname`)
	wantIndexes := []string{
		"druid_audit_pkey (id)", "druid_config_pkey (name)", "druid_datasource_pkey (datasource)", "druid_pendingsegments_pkey (id)",
		"druid_pendingsegments_sequence_name_prev_id_sha1_key (sequence_name_prev_id_sha1)", "druid_rules_pkey (id)",
		"druid_segments_pkey (id)", "druid_supervisors_pkey (id)", "druid_tasklocks_pkey (id)", "druid_tasklogs_pkey (id)", "druid_tasks_pkey (id)",
		"idx_druid_audit_audit_time (created_date)", "idx_druid_audit_key_time (audit_key, created_date)",
		"idx_druid_audit_type_time (type, created_date)", `idx_druid_pendingsegments_datasource_end (datasource, "end")`,
		"idx_druid_pendingsegments_datasource_sequence (datasource, sequence_name)", "idx_druid_rules_datasource (datasource)",
		`idx_druid_segments_datasource_used_end (datasource, used, "end")`, "idx_druid_segments_used (used)",
		"idx_druid_supervisors_spec_id (spec_id)", "idx_druid_tasklocks_task_id (task_id)", "idx_druid_tasklogs_task_id (task_id)",
		"idx_druid_tasks_active_created_date (active, created_date)",
	}
	if diff := cmp.Diff(wantIndexes, indexes); diff != "" {
		t.Error(diff)
	}
}

func TestSeveralOpenAnEmptyDatabaseAtOnce(t *testing.T) {
	url := newDatabase(t)
	var wg sync.WaitGroup
	for range 6 {
		wg.Go(func() {
			s, err := OpenPostgreSQL(t.Context(), url)
			if err != nil {
				t.Error(err)
				return
			}
			if err := s.Close(); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	s := openPostgreSQL(t, url)
	insert(t, s, day(1))
	same(t, must[[]druid.DataSegment](t)(openPostgreSQL(t, url).Used(t.Context())), day(1))
}

func TestForeignTablesAreRefusedByName(t *testing.T) {
	for name, tc := range map[string]struct {
		change string
		want   string // "" for no error
	}{
		"a column is missing":       {"ALTER TABLE druid_segments DROP COLUMN used CASCADE", `table druid_segments: column "used" of Druid 0.14.0 is missing`},
		"a quoted one is missing":   {`ALTER TABLE druid_segments DROP COLUMN "end" CASCADE`, `table druid_segments: column "end" of Druid 0.14.0 is missing`},
		"of another type":           {"ALTER TABLE druid_tasks ALTER payload TYPE text", `table druid_tasks: column "payload" is of type text, and of type bytea in Druid 0.14.0`},
		"a new one must be filled":  {"ALTER TABLE druid_segments ADD used_status_last_updated VARCHAR(255) NOT NULL", `table druid_segments: column "used_status_last_updated" must be filled, and Druid 0.14.0 does not know it`},
		"new ones of newer Druids":  {"ALTER TABLE druid_tasks ADD type VARCHAR(255), ADD group_id VARCHAR(255)", ""},
		"a new one with a default":  {"ALTER TABLE druid_tasks ADD note VARCHAR(255) NOT NULL DEFAULT ''", ""},
		"wider text":                {"ALTER TABLE druid_segments ALTER id TYPE text", ""},
		"a table that is not there": {"DROP TABLE druid_rules", ""},
	} {
		t.Run(name, func(t *testing.T) {
			url := newDatabase(t)
			s := openPostgreSQL(t, url)
			if _, err := s.writer.Exec(tc.change); err != nil {
				t.Fatal(err)
			}
			again, err := OpenPostgreSQL(t.Context(), url)
			if err == nil {
				_ = again.Close()
			}
			var foreign *ForeignTableError
			switch {
			case tc.want == "" && err != nil:
				t.Errorf("got %v, want it taken", err)
			case tc.want != "" && (!errors.As(err, &foreign) || foreign.Error() != tc.want):
				t.Errorf("got %v, want %s", err, tc.want)
			}
		})
	}
}

func TestMissingServerIsNamed(t *testing.T) {
	for url, want := range map[string]string{
		"postgresql://druid:secret@127.0.0.1:1/druid":     "open metadata store 127.0.0.1:1/druid: dial tcp 127.0.0.1:1: connect: connection refused",
		"postgresql://druid:secret@127.0.0.1:port/druid":  "open metadata store: ",
		"postgresql://druid:secret@127.0.0.1/druid?x=%zz": "open metadata store: ",
	} {
		_, err := OpenPostgreSQL(t.Context(), url)
		if err == nil || !strings.HasPrefix(err.Error(), want) || strings.ContainsAny(err.Error(), "\n") || strings.Contains(err.Error(), "secret") {
			t.Errorf("got %v, want %s… in a line without the password", err, want)
		}
	}
}

func TestServersRefusalIsReported(t *testing.T) {
	u := must[*url.URL](t)(url.Parse(newDatabase(t)))
	u.User = url.UserPassword("druid", "wrong")
	_, err := OpenPostgreSQL(t.Context(), u.String())
	if err == nil || !strings.Contains(err.Error(), `password authentication failed for user "druid"`) || strings.Contains(err.Error(), "\n") {
		t.Errorf("got %v, want the server's words in a line", err)
	}
}

func TestTransactionThatMetAnotherIsRetried(t *testing.T) {
	url := newDatabase(t)
	synctest.Test(t, func(t *testing.T) {
		s, other := openPostgreSQL(t, url), openPostgreSQL(t, url)
		for _, tc := range []struct{ meets, tries int }{{0, 1}, {3, 4}, {maxTries, maxTries}} {
			tries := 0
			err := s.write(t.Context(), "read, then write", func(c conn) error {
				tries++
				if _, err := collect(t.Context(), c, single[[]byte], "SELECT payload FROM druid_config WHERE name = 'x'"); err != nil {
					return err
				}
				if tries <= tc.meets {
					if err := other.SetConfig(t.Context(), "x", fmt.Append(nil, tries), AuditInfo{}); err != nil {
						return err
					}
				}
				_, err := c.exec(t.Context(), "INSERT INTO druid_config (name, payload) VALUES ('x', 'mine') ON CONFLICT (name) DO UPDATE SET payload = excluded.payload")
				return err
			})
			if failed := err != nil; tries != tc.tries || failed != (tc.meets >= maxTries) {
				t.Errorf("after meeting another %d times: got %d tries, %v, want %d", tc.meets, tries, err, tc.tries)
			}
		}
	})
}

func TestTwoProcessesNeverAllocateTheSame(t *testing.T) {
	url := newDatabase(t)
	allocateAtOnce(t, 10, openPostgreSQL(t, url), openPostgreSQL(t, url))
}

func TestTwoProcessesMoveCommitMetadataOnceEach(t *testing.T) {
	url := newDatabase(t)
	stores := []*Store{openPostgreSQL(t, url), openPostgreSQL(t, url)}
	object := func(n int) []byte { return fmt.Appendf(nil, `{"type":"object","theObject":%d}`, n) }
	must[PublishResult](t)(stores[0].Commit(t.Context(), "wiki", []druid.DataSegment{day(1)}, []byte(`{"type":"object"}`), object(1)))
	won := make([]bool, len(stores))
	var wg sync.WaitGroup
	for i, s := range stores {
		wg.Go(func() {
			result, err := s.Commit(context.Background(), "wiki", []druid.DataSegment{day(2 + i)}, object(1), object(2+i))
			if err != nil {
				t.Error(err)
			}
			won[i] = result.Success
		})
	}
	wg.Wait()
	if won[0] == won[1] {
		t.Errorf("got %v, want one of the two", won)
	}
	if got := len(must[[]druid.DataSegment](t)(stores[0].Used(t.Context()))); got != 2 {
		t.Errorf("got %d segments, want the first and the winner's", got)
	}
}
