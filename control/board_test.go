package control_test

import (
	"encoding/json"
	"io"
	"net/http"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"oakmoot/cluster"
	"oakmoot/control"
)

// boardExprs are the expressions of the Grafana board, by the titles of their panels.
func boardExprs(t *testing.T) map[string][]string {
	t.Helper()
	b, err := os.ReadFile("../docs/grafana.json")
	if err != nil {
		t.Fatal(err)
	}
	var board struct {
		Panels []struct {
			Title   string
			Targets []struct{ Expr string }
		}
	}
	if err := json.Unmarshal(b, &board); err != nil {
		t.Fatal(err)
	}
	exprs := map[string][]string{}
	for _, p := range board.Panels {
		for _, target := range p.Targets {
			exprs[p.Title] = append(exprs[p.Title], target.Expr)
		}
	}
	return exprs
}

var (
	notNames = regexp.MustCompile(`"[^"]*"|\[[^\]]*\]|\b(on|by|group_left|ignoring)\s*\([^)]*\)|\b\w+\s*(=~|=)|\b\w+\s*\(|\b(or|and|unless)\b`)
	aName    = regexp.MustCompile(`[a-zA-Z_:][a-zA-Z0-9_:]*`)
	aLabel   = regexp.MustCompile(`\b(\w+)\s*(?:=~|=)\s*"|\b(?:on|by|group_left|ignoring)\s*\(([^)]*)\)`)
)

func TestTheBoardAsksForMetricsThatThereAre(t *testing.T) {
	topo := cluster.Topology{
		Roles:       []cluster.Role{{Kind: "coordinator"}, {Kind: "overlord"}, {Kind: "historical"}},
		DataSources: []cluster.DataSource{{Name: "clicks", Generate: cluster.Generate{Segments: 3, Size: cluster.Size{Bytes: 1024, Set: true}}}},
	}
	c := cluster.RunT(t, topo, control.On("127.0.0.1:0", ""))
	if err := c.WaitFor(t.Context(), "served(clicks) == 3"); err != nil {
		t.Fatal(err)
	}
	body := scrape(t, c.Addresses().Control)
	for deadline := time.Now().Add(time.Minute); !strings.Contains(body, rowNothingLeft) && time.Now().Before(deadline); {
		body = scrape(t, c.Addresses().Control) // the coordinator counts at its next run
	}
	names, labels := map[string]bool{}, map[string]bool{}
	for line := range strings.Lines(body) {
		if help, ok := strings.CutPrefix(line, "# HELP "); ok {
			names[aName.FindString(help)] = true
			continue
		}
		for _, l := range regexp.MustCompile(`(\w+)="`).FindAllStringSubmatch(line, -1) {
			labels[l[1]] = true
		}
	}
	for name := range control.Described() { // some have no row at the moment, as there is no task
		names[name] = true
	}
	asked := 0
	for panel, exprs := range boardExprs(t) {
		for _, expr := range exprs {
			for _, name := range aName.FindAllString(notNames.ReplaceAllString(expr, " "), -1) {
				asked++
				if !names[name] {
					t.Errorf("panel %q asks for %s, which there is not: %s", panel, name, expr)
				}
			}
			for _, l := range aLabel.FindAllStringSubmatch(expr, -1) {
				for _, label := range strings.FieldsFunc(l[1]+","+l[2], func(r rune) bool { return r == ',' || r == ' ' }) {
					if !labels[label] {
						t.Errorf("panel %q uses the label %s, which nothing has: %s", panel, label, expr)
					}
				}
			}
		}
	}
	if asked < 30 {
		t.Errorf("only %d names were found on the board", asked)
	}
	for _, line := range []string{
		`druid_segment_count{dataSource="clicks"} 3`, rowNothingLeft,
		`oakmoot_leader_answered{kind="coordinator"} 1`, `oakmoot_leader_answered{kind="overlord"} 1`,
	} {
		if !strings.Contains(body, line+"\n") {
			t.Errorf("metrics lack %s:\n%s", line, body)
		}
	}
}

const rowNothingLeft = `druid_segment_unavailable_count{dataSource="clicks"} 0`

func scrape(t *testing.T, addr string) string {
	t.Helper()
	client := http.Client{Timeout: time.Minute}
	resp, err := client.Get("http://" + addr + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		t.Fatalf("got %s, %v: %s", resp.Status, err, body)
	}
	return string(body)
}
