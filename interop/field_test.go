//go:build interop

package interop

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"oakmoot/cluster"
	"oakmoot/control"
)

// fieldAccepted are the answers that differ from those of 0.14.0, by case and part, with the Druid class and the
// reason. A row whose answer is equal after all fails.
var fieldAccepted = map[string]string{
	"05-csv-columns/badcolumn msg": "Throwables.getStackTraceAsString (IndexTask.run): the frames of a Java program; the lines before them are the same",
	"20-csv-and-tsv/f2csvhdr msg":  "Throwables.getStackTraceAsString (IndexTask.run): the frames of a Java program; the lines before them are the same",
	"22-json/f2numdims err":        "Throwables.getStackTraceAsString (IndexTask.run): likewise, cut after a hundred characters",
	"22-json/f2numdims msg":        "Throwables.getStackTraceAsString (IndexTask.run): the frames of a Java program; the line before them is the same",
	"05-csv-columns/nocolumns msg": "Throwables.getStackTraceAsString (IndexTask.run): the frames of a Java program; the lines before them are the same",
}

// fieldCase is an index task with inline rows, and what real Druid made of it.
type fieldCase struct {
	name string // folder/name
	base string // the files' common path
	task string // its id, once it was accepted
	data string // its datasource
	got  map[string]any
}

// TestFieldCases gives our cluster small inputs made from public bug reports, and compares its answers with those
// that Apache Druid 0.14.0 gave.
func TestFieldCases(t *testing.T) {
	tasks, err := filepath.Glob("testdata/field/*/*.task.json")
	if err != nil || len(tasks) == 0 {
		t.Fatalf("got %d cases, %v", len(tasks), err)
	}
	topo, err := cluster.Load(strings.NewReader(fieldTopology))
	if err != nil {
		t.Fatal(err)
	}
	c := cluster.RunT(t, topo, control.On("127.0.0.1:0", ""))
	host := c.Addresses().Control
	var cases []*fieldCase
	for _, file := range tasks {
		f := &fieldCase{base: strings.TrimSuffix(file, ".task.json"), got: map[string]any{}}
		f.name = filepath.Join(filepath.Base(filepath.Dir(file)), filepath.Base(f.base))
		f.submit(t, host)
		cases = append(cases, f)
	}
	for _, f := range cases {
		f.follow(t, host)
	}
	met := map[string]bool{}
	for _, f := range cases {
		if f.got["status"] == "SUCCESS" {
			eventually(t, f.data+" is served", func() (bool, any) { return f.served(t, c) })
		}
		f.judge(t, host, met)
	}
	for what, why := range fieldAccepted {
		if !met[what] {
			t.Errorf("%s: the answer is that of 0.14.0, no row is needed any more (%s)", what, why)
		}
	}
}

const fieldTopology = `
schema = 1
name = "field"
[[role]]
kind = "coordinator"
[[role]]
kind = "overlord"
[[role]]
kind = "historical"
[[role]]
kind = "middlemanager"
capacity = 4
[[role]]
kind = "realtime"
[[role]]
kind = "broker"
`

func (f *fieldCase) submit(t *testing.T, host string) {
	t.Helper()
	task, err := os.ReadFile(f.base + ".task.json")
	if err != nil {
		t.Fatal(err)
	}
	var spec struct {
		Spec struct{ DataSchema struct{ DataSource string } }
	}
	if err := json.Unmarshal(task, &spec); err != nil {
		t.Fatalf("%s: %v", f.name, err)
	}
	f.data = spec.Spec.DataSchema.DataSource
	code, answer := fieldAsk(t, http.MethodPost, host, "/druid/indexer/v1/task", task)
	if code != http.StatusOK {
		f.got["submit"] = []any{code, answer}
		return
	}
	f.got["submit"] = []any{code, "ok"}
	f.task = answer.(map[string]any)["task"].(string)
}

// follow waits for the end of the task and records what its status and report say.
func (f *fieldCase) follow(t *testing.T, host string) {
	t.Helper()
	if f.task == "" {
		return
	}
	path := "/druid/indexer/v1/task/" + url.PathEscape(f.task)
	eventually(t, f.task+" has ended", func() (bool, any) {
		_, answer := fieldAsk(t, http.MethodGet, host, path+"/status", nil)
		status, _ := at(answer, "status").(map[string]any)
		f.got["status"], f.got["err"] = status["status"], status["errorMsg"]
		return f.got["status"] == "SUCCESS" || f.got["status"] == "FAILED", answer
	})
	var report any
	eventually(t, f.task+" has a report", func() (bool, any) {
		var code int
		code, report = fieldAsk(t, http.MethodGet, host, path+"/reports", nil)
		return code == http.StatusOK, report
	})
	payload := at(report, "ingestionStatsAndErrors", "payload")
	f.got["rows"] = at(payload, "rowStats", "buildSegments")
	f.got["bad"], f.got["msg"] = at(payload, "unparseableEvents"), at(payload, "errorMsg")
}

func (f *fieldCase) served(t *testing.T, c *cluster.Cluster) (bool, any) {
	t.Helper()
	st, err := c.Status(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return st.Served[f.data] == st.Used[f.data], st.Served
}

// judge compares what was seen with what is wanted.
func (f *fieldCase) judge(t *testing.T, host string, met map[string]bool) {
	t.Helper()
	want, _ := fieldFile(t, f.base+".want.json").(map[string]any)
	for _, key := range []string{"submit", "status", "err", "rows", "bad", "msg"} {
		if w, ok := want[key]; ok {
			f.compare(t, met, f.name+" "+key, w, f.got[key])
		}
	}
	queries, _ := filepath.Glob(f.base + ".query*.json") // the pattern is valid
	for _, file := range queries {
		if base, ok := strings.CutSuffix(file, ".json"); ok && !strings.HasSuffix(base, ".want") {
			f.compare(t, met, f.name+" "+filepath.Base(base), fieldFile(t, base+".want.json"), f.query(t, host, file))
		}
	}
}

// query asks what a file says: the broker, or the coordinator for the published segments.
func (f *fieldCase) query(t *testing.T, host, file string) any {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Contains(text, []byte(`"GET"`)) && !bytes.Contains(text, []byte(`"SEGMENTS"`)) {
		code, answer := fieldAsk(t, http.MethodPost, host, "/druid/v2", text)
		return []any{code, answer}
	}
	_, answer := fieldAsk(t, http.MethodGet, host, "/druid/coordinator/v1/metadata/datasources/"+url.PathEscape(f.data)+"/segments?full", nil)
	segments, ok := answer.([]any)
	if !ok {
		return []any{"segs", answer}
	}
	var all []string
	for _, s := range segments {
		shard, _ := json.Marshal(at(s, "shardSpec")) // it was decoded a moment ago
		all = append(all, fmt.Sprint(at(s, "interval"), " ", string(shard)))
	}
	slices.Sort(all)
	return []any{"segs", all}
}

func (f *fieldCase) compare(t *testing.T, met map[string]bool, what string, want, got any) {
	t.Helper()
	diff := cmp.Diff(steady(want), steady(got))
	if fieldAccepted[what] == "" {
		if diff != "" {
			t.Errorf("%s: 0.14.0 (-) and ours (+):\n%s", what, diff)
		}
		return
	}
	met[what] = diff != ""
	if w, g := beforeFrames(want), beforeFrames(got); w != g {
		t.Errorf("%s: got %s, want %s before the frames", what, g, w)
	}
}

// beforeFrames is the text before the first frame of a stack trace.
func beforeFrames(v any) string {
	text, _, _ := strings.Cut(fmt.Sprint(v), "\n\tat ")
	return strings.TrimSpace(text)
}

var (
	segmentVersion = regexp.MustCompile(`(_-?\d+-\d\d-\d\dT[\d:.]+Z_-?\d+-\d\d-\d\dT[\d:.]+Z)_\d{4}-\d\d-\d\dT[\d:.]+Z`)
	sizes          = regexp.MustCompile(`"size":\d+`)
	addresses      = regexp.MustCompile(`127\.0\.0\.1:\d+`)
)

// steady is a value as text, without what differs from run to run.
func steady(v any) string {
	if list, ok := v.([]any); ok && len(list) == 2 && list[0] == "segs" {
		v = []any{"segs", lines(list[1])}
	}
	b, err := json.MarshalIndent(v, "", " ")
	if err != nil {
		return err.Error()
	}
	b = segmentVersion.ReplaceAll(b, []byte("${1}_V"))
	b = sizes.ReplaceAll(b, []byte(`"size":0`))
	return string(addresses.ReplaceAll(b, []byte("H")))
}

// lines are published segments, one per line, however a file writes them.
func lines(v any) []string {
	if ready, ok := v.([]string); ok {
		return ready
	}
	var all []string
	list, _ := v.([]any)
	for _, s := range list {
		pair, _ := s.([]any)
		if len(pair) != 2 {
			return []string{fmt.Sprint(v)}
		}
		var shard any
		_ = json.Unmarshal([]byte(fmt.Sprint(pair[1])), &shard) // anything else is compared as nothing
		text, _ := json.Marshal(shard)
		all = append(all, fmt.Sprint(pair[0], " ", string(text)))
	}
	slices.Sort(all)
	return all
}

// at is the value under keys of nested objects, or nil.
func at(v any, keys ...string) any {
	for _, key := range keys {
		object, _ := v.(map[string]any)
		v = object[key]
	}
	return v
}

func fieldFile(t *testing.T, file string) any {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var v any
	if err := json.Unmarshal(text, &v); err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	return v
}

// fieldAsk is the status and the body of an answer, as JSON if possible, otherwise as text.
func fieldAsk(t *testing.T, method, host, path string, body []byte) (int, any) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, "http://"+host+path, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	client := http.Client{Timeout: 30 * time.Second}
	resp, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	var v any
	if json.Unmarshal(text, &v) != nil {
		return resp.StatusCode, string(text)
	}
	return resp.StatusCode, v
}
