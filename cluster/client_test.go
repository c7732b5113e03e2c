package cluster_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-zookeeper/zk"

	"oakmoot/cluster"
)

// click is a row as a Go program has it.
type click struct {
	At    string `json:"at"`
	Page  string `json:"page"`
	Count int    `json:"count"`
}

// clicks are read by their column at.
var clicks = cluster.DataSource{
	Name: "clicks", Timestamp: "at", Dimensions: []string{"page"},
	Metrics: []cluster.Metric{{Type: "longSum", Name: "count", Field: "count"}},
}

// ingest indexes clicks and waits until they are served.
func ingest(t *testing.T, c *cluster.Cluster, rows ...any) {
	t.Helper()
	got, err := c.Ingest(t.Context(), clicks, rows...)
	if err != nil || int(got.Taken()) != len(rows) {
		t.Fatalf("Ingest: got %s, %v", got, err)
	}
	if err := c.WaitFor(t.Context(), "used(clicks) > 0 and served(clicks) == used(clicks)"); err != nil {
		t.Fatal(err)
	}
	synctest.Wait() // the broker knows of them
}

func TestRowsOfGoValuesAreAskedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := cluster.RunT(t, cluster.Small(), cluster.InMemory())
		ingest(t, c, click{"2019-01-01T10:00:00Z", "home", 2}, click{"2019-01-01T11:00:00Z", "shop", 3})
		answer, err := c.Query(t.Context(), []byte(`{"queryType":"timeseries","dataSource":"clicks","granularity":"all",
			"intervals":["2019-01-01/2019-01-02"],"aggregations":[{"type":"longSum","name":"count","fieldName":"count"}]}`))
		var got []struct{ Result struct{ Count int } }
		if err != nil || json.Unmarshal(answer, &got) != nil || len(got) != 1 || got[0].Result.Count != 5 {
			t.Errorf("got %s, %v; want a count of 5", answer, err)
		}
		if _, err := c.Query(t.Context(), []byte(`{"queryType":"none"}`)); err == nil || !strings.Contains(err.Error(), "none") {
			t.Errorf("a query that there is not: got %v", err)
		}
	})
}

func TestIngestSaysWhatIsWrong(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := cluster.RunT(t, cluster.Small(), cluster.InMemory())
		wrong := clicks
		wrong.SegmentGranularity = "none such"
		if _, err := c.Ingest(t.Context(), wrong, click{At: "2019-01-01"}); err == nil || !strings.Contains(err.Error(), "datasource clicks: ") {
			t.Errorf("a granularity that there is not: got %v", err)
		}
		if _, err := c.Ingest(t.Context(), clicks, make(chan int)); err == nil {
			t.Error("a row that is no JSON: want an error")
		}
	})
}

func TestSubmitReturnsTheTasksID(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := cluster.RunT(t, cluster.Small(), cluster.InMemory())
		if id, err := c.Submit(t.Context(), []byte(`{"type":"noop","id":"mine","runTime":0}`)); id != "mine" || err != nil {
			t.Errorf("got %q, %v; want the id of its own", id, err)
		}
		if id, err := c.Submit(t.Context(), []byte(`{"type":"noop","runTime":0}`)); !strings.HasPrefix(id, "noop_") || err != nil {
			t.Errorf("got %q, %v; want an id that the overlord gave", id, err)
		}
	})
}

// TestCallersOwnClientsJoin has somebody's own code speak to ZooKeeper and to a node, in
// a bubble.
func TestCallersOwnClientsJoin(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := cluster.RunT(t, cluster.Small(), cluster.InMemory())
		conn, _, err := zk.Connect(strings.Split(c.Addresses().ZooKeeper, ","), 10*time.Second, zk.WithDialer(c.DialZK), zk.WithLogInfo(false))
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		if latches, _, err := conn.Children("/druid/coordinator/_COORDINATOR"); err != nil || len(latches) != 1 {
			t.Errorf("got the latches %v, %v; want the one coordinator's", latches, err)
		}
		resp, err := c.HTTPClient().Get("http://" + c.Addresses().Nodes[0].Host + "/status/health")
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode != http.StatusOK {
			t.Errorf("got %s, want the node's health", resp.Status)
		}
	})
}

func TestNobodyIsServedBeforeTheRun(t *testing.T) {
	c, err := cluster.New(cluster.Small(), cluster.InMemory())
	if err != nil {
		t.Fatal(err)
	}
	_, query := c.Query(t.Context(), nil)
	_, rows := c.Ingest(t.Context(), clicks)
	_, task := c.Submit(t.Context(), nil)
	_, dial := c.DialZK("tcp", "127.0.0.1:2181", time.Second)
	for _, err := range []error{query, rows, task, dial} {
		if err == nil || !strings.Contains(err.Error(), "does not run yet") {
			t.Errorf("got %v", err)
		}
	}
}

// failed is a test that has failed, and only records what it logs.
type failed struct {
	testing.TB
	said *strings.Builder
}

func (failed) Failed() bool                      { return true }
func (f failed) Logf(format string, args ...any) { fmt.Fprintf(f.said, format, args...) }

func TestAFailedTestShowsTheStoryAndTheLogs(t *testing.T) {
	var said strings.Builder
	t.Run("fails", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			c := cluster.RunT(failed{t, &said}, cluster.Small(), cluster.InMemory())
			if err := c.Kill(t.Context(), "historical-1"); err != nil {
				t.Fatal(err)
			}
		})
	})
	for _, want := range []string{"the last steps:", "leads", "the last logs:", `do="kill historical-1"`} {
		if !strings.Contains(said.String(), want) {
			t.Errorf("the log has no %q: %s", want, said.String())
		}
	}
}
