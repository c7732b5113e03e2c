package cluster_test

import (
	"encoding/json"
	"io"
	"strings"
	"testing"
	"time"

	"oakmoot/cluster"
)

// A coordinator's polls and runs are seconds apart: by a slow clock they are minutes apart.
func TestCoordinatorWithASlowClockRunsLate(t *testing.T) {
	bubble(t, cluster.Small(), func(t *testing.T, c *cluster.Cluster) {
		took := func(segments string) time.Duration {
			start := time.Now()
			do(t, c, "publish wiki")
			await(t, c, "served(wiki) == "+segments, time.Hour)
			return time.Since(start)
		}
		right := took("1")
		do(t, c, "clock coordinator speed 0.02")
		slow := took("2")
		do(t, c, "heal")
		again := took("3")
		if slow < 10*right || again > 3*right {
			t.Errorf("a segment was served after %v, with a slow clock after %v, and once that was healed after %v", right, slow, again)
		}
	})
}

func TestTimersThatRunAreSlowedDownToo(t *testing.T) {
	bubble(t, cluster.Small(), func(t *testing.T, c *cluster.Cluster) {
		submit := func(action string) time.Duration {
			start := time.Now()
			do(t, c, `submit json {"type":"noop","id":"`+action+`","runTime":60000}`)
			await(t, c, "tasks(RUNNING) == 1", time.Minute)
			do(t, c, action)
			await(t, c, "tasks(RUNNING) == 0", time.Hour)
			return time.Since(start).Round(time.Second)
		}
		if got := submit("clock middlemanager speed 0.25"); got < 4*time.Minute || got > 5*time.Minute {
			t.Errorf("with a slow clock a task of a minute took %v, want four", got)
		}
		if got := submit("heal"); got > 70*time.Second {
			t.Errorf("a task of a minute took %v", got)
		}
		if got := submit("clock middlemanager ahead 24h"); got > 70*time.Second {
			t.Errorf("a clock that jumped made a task of a minute take %v", got)
		}
	})
}

func TestTimestampsAreThoseOfTheNodesClock(t *testing.T) {
	bubble(t, cluster.Small(), func(t *testing.T, c *cluster.Cluster) {
		do(t, c, "clock overlord behind 20m")
		do(t, c, "restart overlord")
		await(t, c, "leaders(overlord) == 1", time.Minute)
		start := time.Now()
		do(t, c, `submit json {"type":"noop","id":"a","runTime":0}`)
		await(t, c, "tasks(SUCCESS) == 1", time.Minute)

		var tasks []struct{ CreatedTime time.Time }
		resp, err := c.HTTPClient().Get("http://" + c.Addresses().Nodes[1].Host + "/druid/indexer/v1/completeTasks")
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		body, _ := io.ReadAll(resp.Body)
		if err := json.Unmarshal(body, &tasks); err != nil || len(tasks) != 1 {
			t.Fatalf("got %s, %v, want a task", body, err)
		}
		if got := start.Sub(tasks[0].CreatedTime).Round(time.Minute); got != 20*time.Minute {
			t.Errorf("the task was made %v ago, want 20 minutes", got)
		}

		znodes, err := c.Tree(t.Context(), "/druid/discovery/druid:overlord")
		if err != nil {
			t.Fatal(err)
		}
		for _, z := range znodes {
			var service struct{ RegistrationTimeUTC int64 }
			if strings.Count(z.Path, "/") == 4 && json.Unmarshal([]byte(z.Data), &service) == nil {
				if got := start.Sub(time.UnixMilli(service.RegistrationTimeUTC)).Round(time.Minute); got != 20*time.Minute {
					t.Errorf("the service was registered %v ago, want 20 minutes", got)
				}
				return
			}
		}
		t.Errorf("the overlord has announced no service: %v", znodes)
	})
}
