package cluster_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"

	"oakmoot/cluster"
)

// feed runs a small cluster for a minute of virtual time over a file of rows, as a
// datasource or as the replay of a stream, and returns what became of it.
func feed(t *testing.T, rows string, change func(*cluster.Topology), expects ...cluster.Expect) (cluster.Intake, error) {
	t.Helper()
	dir := t.TempDir()
	file := filepath.Join(dir, "rows.json")
	if err := os.WriteFile(file, []byte(rows), 0o600); err != nil {
		t.Fatal(err)
	}
	topo := cluster.Topology{
		Schema: 1, Name: "feed", RunFor: span("1m"), Expects: expects,
		Roles: []cluster.Role{{Kind: "coordinator"}, {Kind: "overlord"}, {Kind: "historical"}, {Kind: "middlemanager"}, {Kind: "realtime"}},
		DataSources: []cluster.DataSource{{
			Name: "pages", Input: file, Timestamp: "t", Dimensions: []string{"page"},
			Metrics: []cluster.Metric{{Type: "count", Name: "count"}, {Type: "longSum", Name: "n", Field: "n"}},
			Rules:   []cluster.LoadRule{{Type: "loadForever", TieredReplicants: map[string]int{"_default_tier": 1}}},
		}},
	}
	change(&topo)
	var intake cluster.Intake
	var ended error
	synctest.Test(t, func(t *testing.T) {
		c, err := cluster.New(topo, cluster.InMemory(), cluster.DataDir(filepath.Join(dir, "data")))
		if err != nil {
			t.Fatal(err)
		}
		ended = c.Run(t.Context())
		if rows := c.Verdict().Rows; len(rows) == 1 {
			intake = rows[0]
		} else {
			t.Errorf("got %d intakes, want 1", len(rows))
		}
	})
	return intake, ended
}

const (
	goodRow = `{"t":"2019-01-01T10:00:00Z","page":"a","n":1}` + "\n"
	badRow  = `{"t":"never","page":"a","n":1}` + "\n"
)

// asStream has the rows replayed instead of indexed.
func asStream(rejection, window string) func(*cluster.Topology) {
	return func(topo *cluster.Topology) {
		ds := topo.DataSources[0]
		topo.DataSources = nil
		topo.Streams = []cluster.Stream{{
			DataSource: ds.Name, Source: "replay", Input: ds.Input, Timestamp: ds.Timestamp, Dimensions: ds.Dimensions, Metrics: ds.Metrics,
			Rejection: rejection, Window: duration(window), Persist: duration("10s"),
		}}
	}
}

func TestRowsThatAreMissingAreReported(t *testing.T) {
	unchanged := func(*cluster.Topology) {}
	for name, tc := range map[string]struct {
		rows   string
		change func(*cluster.Topology)
		want   cluster.Intake // its counts
		broken string         // "" when the run is good
	}{
		"all rows":                      {goodRow + goodRow, unchanged, cluster.Intake{Processed: 2}, ""},
		"some rows":                     {goodRow + badRow + "no json\n", unchanged, cluster.Intake{Processed: 1, Unparseable: 2}, ""},
		"no row":                        {badRow + badRow, unchanged, cluster.Intake{Unparseable: 2}, "0 of 2 rows are in, 2 unparseable; for example: "},
		"a list instead of lines":       {`[{"t":"2019-01-01","page":"a"}]`, unchanged, cluster.Intake{Unparseable: 1}, "0 of 1 rows are in"},
		"an empty file":                 {"", unchanged, cluster.Intake{}, "0 rows: there was none to read"},
		"a column that does not exist":  {goodRow, func(topo *cluster.Topology) { topo.DataSources[0].Timestamp = "time" }, cluster.Intake{Unparseable: 1}, "0 of 1 rows are in"},
		"a stream":                      {goodRow + badRow, asStream("none", "10m"), cluster.Intake{Processed: 1, Unparseable: 1}, ""},
		"a stream that nobody can read": {badRow, asStream("none", "10m"), cluster.Intake{Unparseable: 1}, "0 of 1 rows are in, 1 unparseable"},
		"a stream out of its window":    {goodRow + goodRow, asStream("serverTime", "10m"), cluster.Intake{ThrownAway: 2}, "0 of 2 rows are in, 2 thrown away"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := feed(t, tc.rows, tc.change)
			if got.Processed != tc.want.Processed || got.Unparseable != tc.want.Unparseable || got.ThrownAway != tc.want.ThrownAway {
				t.Errorf("got %+v, want the counts of %+v", got, tc.want)
			}
			switch {
			case tc.broken == "" && err != nil:
				t.Errorf("got %v, want a good run", err)
			case tc.broken != "" && (!errors.Is(err, cluster.ErrBroken) || !strings.Contains(err.Error(), tc.broken)):
				t.Errorf("got %v, want it broken: %s", err, tc.broken)
			}
		})
	}
}

func TestFailedTaskOfADataSourceBreaksTheRun(t *testing.T) {
	got, err := feed(t, goodRow, func(topo *cluster.Topology) {
		ds := &topo.DataSources[0]
		gz := ds.Input + ".gz"
		if err := os.Rename(ds.Input, gz); err != nil { // which is no gzip
			t.Fatal(err)
		}
		ds.Input = gz
	})
	if !errors.Is(err, cluster.ErrBroken) || got.State != "failed" || !strings.Contains(err.Error(), "datasource pages: task FAILED") {
		t.Errorf("got %v, %+v, want the run broken by the failed task", err, got)
	}
}
