package cluster_test

import (
	"bytes"
	"context"
	"database/sql"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"

	"oakmoot/cluster"
	"oakmoot/control"
)

// logBuffer is a log that may be read while it is written.
type logBuffer struct {
	mu  sync.Mutex // guards buf
	buf bytes.Buffer
}

func (b *logBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *logBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}

// spoiltPayloads are payloads that no Druid writes into any column.
var spoiltPayloads = map[string][]byte{
	"garbage": {0xff, 0x00, '{'}, "empty": {}, "half": []byte(`{"dataSource":"wi`), "null": []byte("null"), "list": []byte("[7]"),
	"number": []byte("17"), "object": []byte(`{}`), "types": []byte(`{"dataSource":{},"id":[],"type":7,"status":[],"interval":{}}`),
}

// spoilStore adds rows to a store, of every table, whose payloads cannot be read, and
// spoils the configurations. It gives the names of the rows that somebody reads.
func spoilStore(t *testing.T, file string) (read []string) {
	t.Helper()
	db, err := sql.Open("sqlite", file)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	exec := func(query string, args ...any) {
		t.Helper()
		if _, err := db.Exec(query, args...); err != nil {
			t.Fatalf("%s: %v", query, err)
		}
	}
	const at = "2020-01-01T00:00:00.000Z"
	task := func(id string) []byte { return []byte(`{"type":"noop","id":"` + id + `"}`) }
	status := func(id, state string) []byte {
		return []byte(`{"id":"` + id + `","status":"` + state + `","duration":1}`)
	}
	for name, payload := range spoiltPayloads {
		for _, used := range []bool{true, false} {
			id := fmt.Sprintf("segment-%s-%t", name, used)
			exec(`INSERT INTO druid_segments (id, dataSource, created_date, start, "end", partitioned, version, used, payload)
				VALUES (?, 'spoilt', ?, '2011-01-01T00:00:00.000Z', '2012-01-01T00:00:00.000Z', true, ?, ?, ?)`, id, at, at, used, payload)
			if used {
				read = append(read, id)
			}
		}
		for _, active := range []bool{true, false} {
			state := map[bool]string{true: "RUNNING", false: "SUCCESS"}[active]
			const insert = "INSERT INTO druid_tasks (id, created_date, datasource, payload, status_payload, active) VALUES (?, ?, 'spoilt', ?, ?, ?)"
			for column, id := range map[string]string{
				"payload": fmt.Sprintf("task-payload-%s-%t", name, active), "status": fmt.Sprintf("task-status-%s-%t", name, active), "date": fmt.Sprintf("task-date-%s-%t", name, active),
			} {
				switch column {
				case "payload":
					exec(insert, id, at, payload, status(id, state), active)
				case "status":
					exec(insert, id, at, task(id), payload, active)
				case "date":
					exec(insert, id, string(payload), task(id), status(id, state), active)
				}
				if column != "date" || active && name != "number" { // 17 is a year
					read = append(read, id)
				}
			}
		}
		exec("INSERT INTO druid_tasklocks (task_id, lock_payload) VALUES (?, ?)", "task-status-"+name+"-true", payload)
		exec("INSERT INTO druid_tasklogs (task_id, log_payload) VALUES (?, ?)", "task-status-"+name+"-true", payload)
		exec("INSERT INTO druid_rules (id, dataSource, version, payload) VALUES (?, ?, ?, ?)", "rules-"+name, "rules-"+name, at, payload)
		read = append(read, "rules-"+name)
		exec("INSERT INTO druid_audit (audit_key, type, author, comment, created_date, payload) VALUES (?, 'rules', 'a', 'c', ?, ?)", name, at, payload)
		exec("INSERT INTO druid_dataSource (dataSource, created_date, commit_metadata_payload, commit_metadata_sha1) VALUES (?, ?, ?, 'x')", name, at, payload)
		exec(`INSERT INTO druid_pendingSegments (id, dataSource, created_date, start, "end", sequence_name, sequence_prev_id, sequence_name_prev_id_sha1, payload)
			VALUES (?, 'spoilt', ?, '2011-01-01T00:00:00.000Z', '2012-01-01T00:00:00.000Z', 's', '', ?, ?)`, "pending-"+name, at, name, payload)
	}
	for i, name := range []string{"coordinator.config", "worker.config", "coordinator.compaction.config", "lookups"} {
		payload := [][]byte{{0xff}, []byte(`{"selectStrategy":`), []byte("[1]"), {}}[i]
		exec("INSERT INTO druid_config (name, payload) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET payload = excluded.payload", name, payload)
	}
	return append(read, "coordinator.config", "worker.config")
}

func TestSpoiltRowsStopNobody(t *testing.T) {
	dir := t.TempDir()
	topo := cluster.Quickstart()
	topo.Streams = nil
	t.Run("first", func(t *testing.T) {
		c := cluster.RunT(t, topo, cluster.DataDir(dir))
		await(t, c, allServed+" and tasks(SUCCESS) == 1", 5*time.Minute)
	})
	named := spoilStore(t, filepath.Join(dir, "metadata.db"))
	var log logBuffer
	c := cluster.RunT(t, topo, cluster.DataDir(dir), control.On("127.0.0.1:0", ""), cluster.Logger(hclog.New(&hclog.LoggerOptions{Output: &log})))
	await(t, c, allServed+" and leaders(coordinator) == 1 and leaders(overlord) == 1", 5*time.Minute)
	request(t, c, "POST", "/druid/indexer/v1/task", `{"type":"noop","id":"after","runTime":1}`)
	stored := 2 * len(spoiltPayloads) // their rows say SUCCESS, though nobody can read the tasks
	await(t, c, fmt.Sprintf("tasks(SUCCESS) == %d", stored+2), 5*time.Minute)

	awaitUnreadable(t, c, named)
	for _, name := range named {
		if lines := strings.Count(log.String(), "row="+name+" "); lines != 1 {
			t.Errorf("%s: got %d log lines, want 1", name, lines)
		}
	}
}

// awaitUnreadable waits until the status names rows: whoever reads them does so in its own time, and segments are served
// from the caches before any coordinator has looked at the store.
func awaitUnreadable(t *testing.T, c *cluster.Cluster, named []string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	look := time.NewTicker(20 * time.Millisecond)
	defer look.Stop()
	for {
		st, err := c.Status(ctx)
		if err != nil {
			t.Fatal(err)
		}
		told := strings.Join(st.Unreadable, "\n")
		missing := slices.DeleteFunc(slices.Clone(named), func(name string) bool { return strings.Contains(told, " "+name+": ") })
		if len(missing) == 0 {
			return
		}
		select {
		case <-look.C:
		case <-ctx.Done():
			t.Fatalf("the status does not name %q:\n%s", missing, told)
		}
	}
}

// request asks whoever leads, through the control address.
func request(t *testing.T, c *cluster.Cluster, method, path, body string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, method, "http://"+c.Addresses().Control+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if answer, _ := io.ReadAll(resp.Body); resp.StatusCode != http.StatusOK {
		t.Fatalf("%s %s: got %s: %s", method, path, resp.Status, answer)
	}
}
