package admin_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-zookeeper/zk"
	"github.com/google/go-cmp/cmp"

	"oakmoot/zkembed"
	"oakmoot/zkembed/admin"
)

// served is a server with a client that has two ephemerals and some watches, like the one
// whose answers are in testdata/apache-3.9.5, and its HTTP address.
func served(t *testing.T, opts zkembed.Options) (srv *zkembed.Server, url string) {
	t.Helper()
	srv = zkembed.RunT(t, opts)
	web := httptest.NewServer(admin.Handler(admin.Config{Server: srv, InitialConfiguration: "tickTime=2000\n"}))
	t.Cleanup(web.Close)
	c, _, err := zk.Connect([]string{srv.Addr()}, 10*time.Second, zk.WithLogInfo(false))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	for _, n := range []struct {
		path  string
		flags int32
	}{{"/a", 0}, {"/a/e", zk.FlagEphemeral}, {"/a/e2", zk.FlagEphemeral}} {
		if _, err := c.Create(n.path, []byte("x"), n.flags, zk.WorldACL(zk.PermAll)); err != nil {
			t.Fatal(err)
		}
	}
	for _, path := range []string{"/a/e", "/nope"} {
		if _, _, _, err := c.ExistsW(path); err != nil {
			t.Fatal(err)
		}
	}
	return srv, web.URL
}

func get(t *testing.T, url string) (code int, body string) {
	t.Helper()
	answer, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer.StatusCode, string(text)
}

// shape is what a JSON value is made of: the fields with the kinds of their values. Names
// that are numbers or paths all count as one, and a list is like its first value.
func shape(t *testing.T, text string) []string {
	t.Helper()
	var v any
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		t.Fatalf("%v in %s", err, text)
	}
	var lines []string
	var walk func(string, any)
	walk = func(path string, v any) {
		switch v := v.(type) {
		case map[string]any:
			for name, inner := range v {
				if strings.HasPrefix(name, "/") || regexp.MustCompile(`^\d+$`).MatchString(name) {
					name = "*"
				}
				walk(path+"."+name, inner)
			}
		case []any:
			lines = append(lines, path+" list")
			if len(v) > 0 {
				walk(path+"[]", v[0])
			}
		default:
			lines = append(lines, fmt.Sprintf("%s %T", path, v))
		}
	}
	walk("", v)
	slices.Sort(lines)
	return slices.Compact(lines)
}

// differences are the fields that our commands do not have, with the reason.
var differences = map[string]struct{ fields, reason string }{
	"environment": {`\.(java\.(class\.path|compiler|home|io\.tmpdir|library\.path|vendor)|os\.(version|memory\.max)) `, "there is no JVM"},
	"monitor":     {`.`, "most of them tell of an ensemble's elections, proposals and learners, or of queues between threads"},
}

// Each command is answered with the fields that Apache ZooKeeper 3.9.5 answers with.
func TestCommandsHaveApachesFields(t *testing.T) {
	_, url := served(t, zkembed.Options{DataDir: t.TempDir()})
	files, err := filepath.Glob("testdata/apache-3.9.5/*.json")
	if err != nil || len(files) < 20 {
		t.Fatalf("got %d recorded answers and %v, want more than 20", len(files), err)
	}
	for _, file := range files {
		recorded, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		name := strings.TrimSuffix(filepath.Base(file), ".json")
		_, body := get(t, url+"/commands/"+name)
		apaches, ours := shape(t, string(recorded)), shape(t, body)
		if d, ok := differences[name]; ok {
			missing := regexp.MustCompile(d.fields)
			apaches = slices.DeleteFunc(apaches, func(line string) bool { return missing.MatchString(line) && !slices.Contains(ours, line) })
		}
		if diff := cmp.Diff(apaches, ours); diff != "" {
			t.Errorf("%s (-Apache's +ours)\n%s", name, diff)
		}
	}
}

func TestCommandsTellWhatTheServerHas(t *testing.T) {
	srv, url := served(t, zkembed.Options{})
	sessions, err := srv.Sessions(t.Context())
	if err != nil || len(sessions) != 1 {
		t.Fatalf("got %v, %v, want one session", sessions, err)
	}
	id := int64(sessions[0].ID)
	for command, want := range map[string]string{
		"dump":               fmt.Sprintf(`{"%d":[%d]},"session_id_to_ephemeral_paths":{"%d":["/a/e","/a/e2"]}`, sessions[0].Expires.UnixMilli(), id, id),
		"wchc":               fmt.Sprintf(`{"session_id_to_watched_paths":{"%d":["/a/e","/nope"]},"command":"watches"`, id),
		"wchp":               fmt.Sprintf(`{"path_to_session_ids":{"/a/e":[%d],"/nope":[%d]}`, id, id),
		"watch_summary":      `{"num_connections":1,"num_paths":2,"num_total_watches":2`,
		"cons":               fmt.Sprintf(`"session_id":%d,"last_operation":"EXIS"`, id),
		"stat":               `"packets_received":5`,
		"srvr":               `"node_count":8`,
		"icfg":               `"initial_configuration":"tickTime=2000\n"`,
		"mntr":               `"ephemerals_count":2,`,
		"lsnp":               `{"zxid":"ffffffffffffffff","timestamp":-1,`,
		"leader":             `{"error":"server is not initialized","command":"leader"}`,
		"nonsense":           `{"command":"nonsense","error":"Unknown command: nonsense"}`,
		"stmk?traceMask=308": `{"tracemask":308,"command":"set_trace_mask","error":null}`,
		"stmk":               `{"error":"setTraceMask requires long traceMask argument","command":"set_trace_mask"}`,
	} {
		_, body := get(t, url+"/commands/"+command)
		body = regexp.MustCompile(`\s*\n\s*`).ReplaceAllString(strings.ReplaceAll(body, `": `, `":`), "")
		if !strings.Contains(body, want) {
			t.Errorf("%s: got %s, want %s in it", command, body, want)
		}
	}
}

func TestResetsReset(t *testing.T) {
	srv, url := served(t, zkembed.Options{})
	get(t, url+"/commands/stat_reset")
	get(t, url+"/commands/connection_stat_reset")
	list, err := srv.Connections(t.Context())
	if err != nil || len(list) != 1 || list[0].Received != 0 || list[0].LastXid != -1 {
		t.Errorf("got %+v, %v, want one connection that starts anew", list, err)
	}
	metrics, err := srv.Metrics(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range metrics {
		if m.Name == "packets_received" && m.Value != 0 {
			t.Errorf("got %v packets, want none", m.Value)
		}
	}
}

func TestGuardedCommandsAreRefused(t *testing.T) {
	_, url := served(t, zkembed.Options{})
	for _, name := range []string{"snapshot", "restore", "snap", "rest"} {
		if code, body := get(t, url+"/commands/"+name); code != http.StatusUnauthorized || !strings.Contains(body, "Auth info is missing") {
			t.Errorf("%s: got %d %s, want %d", name, code, body, http.StatusUnauthorized)
		}
	}
	ask, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url+"/commands/restore", strings.NewReader("x"))
	if err != nil {
		t.Fatal(err)
	}
	ask.Header.Set("Authorization", "digest super:secret")
	answer, err := http.DefaultClient.Do(ask)
	if err != nil {
		t.Fatal(err)
	}
	answer.Body.Close()
	if answer.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("POST restore: got %d, want %d", answer.StatusCode, http.StatusServiceUnavailable)
	}
}

func TestOtherAddressesAndMethodsAreNotFound(t *testing.T) {
	_, url := served(t, zkembed.Options{})
	for path, want := range map[string]int{"/": 404, "/nope": 404, "/commands": 200, "/commands/": 200, "/commands/a/b": 404} {
		if code, _ := get(t, url+path); code != want {
			t.Errorf("%s: got %d, want %d", path, code, want)
		}
	}
	answer, err := http.Post(url+"/commands/stat_reset", "", nil)
	if err != nil {
		t.Fatal(err)
	}
	answer.Body.Close()
	if answer.StatusCode != http.StatusMethodNotAllowed {
		t.Errorf("POST: got %d, want %d", answer.StatusCode, http.StatusMethodNotAllowed)
	}
	const links = "<a href=\"/commands/configuration\">configuration</a>\n<br/>\n<a href=\"/commands/connection_stat_reset\">"
	if _, body := get(t, url+"/commands"); !strings.HasPrefix(body, links) {
		t.Errorf("got %s, want %s first", body, links)
	}
}

func TestServerThatDoesNotRunSaysSo(t *testing.T) {
	web := httptest.NewServer(admin.Handler(admin.Config{Server: zkembed.New(zkembed.Options{})}))
	defer web.Close()
	for _, name := range []string{"ruok", "stats", "dump", "monitor", "watches", "get_trace_mask"} {
		if _, body := get(t, web.URL+"/commands/"+name); !strings.Contains(body, `"error": "This ZooKeeper instance is not currently serving requests"`) {
			t.Errorf("%s: got %s, want that nothing is served", name, body)
		}
	}
	if code, body := get(t, web.URL+"/metrics"); code != http.StatusInternalServerError || !strings.Contains(body, "not running") {
		t.Errorf("metrics: got %d %s, want an error", code, body)
	}
}

// Names that dashboards for ZooKeeper read, without the zk_ of mntr.
func TestMetricsHaveZooKeepersNames(t *testing.T) {
	_, url := served(t, zkembed.Options{DataDir: t.TempDir()})
	_, body := get(t, url+"/metrics")
	for _, want := range []string{
		"znode_count 8", "watch_count 2", "ephemerals_count 2", "num_alive_connections 1", "global_sessions 1", "outstanding_requests 0",
		"connection_request_count 1", "updatelatency_count 4", "readlatency_count 2", `updatelatency{quantile="0.99"}`, "fsynctime_count",
		"# TYPE connection_request_count counter", "# TYPE znode_count gauge", "# TYPE fsynctime summary", "packets_received ", "go_goroutines ",
	} {
		if !strings.Contains(body, want) {
			t.Errorf("%q is missing in\n%s", want, body)
		}
	}
}
