package cluster

import (
	"bytes"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hashicorp/go-hclog"
)

// heard is a log that tests read.
type heard struct {
	mu   sync.Mutex // guards text
	text bytes.Buffer
}

func (h *heard) Write(p []byte) (int, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.text.Write(p)
}

// since returns what has been logged since the last call.
func (h *heard) since() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	defer h.text.Reset()
	return h.text.String()
}

func TestKillIsDoneWhenItIsAskedForAndTheDeadSayNothing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		log := &heard{}
		c := RunT(t, Quickstart(), InMemory(), Logger(hclog.New(&hclog.LoggerOptions{Output: log, Level: hclog.Debug})))
		mustHold(t, c, "tasks(SUCCESS) == 1 and replicas(flights) == 6 and queued() == 0")
		log.since()
		asked := time.Now()
		f := mustDo(t, c, "kill *,!broker for 8s")
		if took := time.Since(asked); took != 0 {
			t.Errorf("took %v, want no time", took)
		}
		if len(f.Nodes) != 9 || !f.Since.Equal(asked) || f.Until != f.Since.Add(8*time.Second) {
			t.Errorf("got %d nodes from %v until %v, want 9 from %v for 8s", len(f.Nodes), f.Since, f.Until, asked)
		}
		stands(t, c, "up(*) == 1 and up(broker) == 1", true)
		time.Sleep(7 * time.Second)
		for line := range strings.Lines(log.since()) {
			if !strings.Contains(line, "  fault: ") && !strings.Contains(line, " broker-1") && !strings.Contains(line, " zookeeper") {
				t.Errorf("a dead node says %s", line)
			}
		}
		stands(t, c, "up(*) == 1 and faults() == 1", true)
		time.Sleep(time.Until(f.Until) + time.Millisecond)
		stands(t, c, "faults() == 0", true)
		mustHold(t, c, "up(*) == 10 and leaders(coordinator) == 1 and leaders(overlord) == 1")
	})
}

func TestKilledNodeStartsOnceItsLastLifeIsOver(t *testing.T) {
	quiet(t, func(t *testing.T, c *Cluster) {
		for range 3 {
			mustDo(t, c, "kill historical-1")
			mustDo(t, c, "kill historical-1") // a second time changes nothing
			mustDo(t, c, "start historical-1")
			mustHold(t, c, "up(historical-1) == 1")
			mustDo(t, c, "kill historical-1")
			mustDo(t, c, "restart historical-1")
			mustHold(t, c, "up(historical-1) == 1 and faults() == 0")
		}
		_, n := statusOf(t, c, "historical-1")
		if n.Incarnated != 7 {
			t.Errorf("got %d incarnations, want 7", n.Incarnated)
		}
	})
}

func TestKillAfterAStartThatWaitsIsTheLastWord(t *testing.T) {
	quiet(t, func(t *testing.T, c *Cluster) {
		mustDo(t, c, "kill historical-1")
		started := make(chan error)
		go func() { started <- c.Start(t.Context(), "historical-1") }()
		synctest.Wait()
		mustDo(t, c, "kill historical-1")
		if err := <-started; err != nil {
			t.Error(err)
		}
		time.Sleep(20 * time.Second)
		stands(t, c, "up(historical-1) == 0", true)
	})
}

func TestSeveralNodesAreStoppedAtTheSameTime(t *testing.T) {
	quiet(t, func(t *testing.T, c *Cluster) {
		mustDo(t, c, "partition historical,coordinator,overlord from zookeeper") // so that each goodbye takes a while
		asked := time.Now()
		mustDo(t, c, "stop historical-1")
		one := time.Since(asked)
		asked = time.Now()
		mustDo(t, c, "stop *")
		if all := time.Since(asked); all > one+5*time.Second {
			t.Errorf("one took %v, all took %v: one after the other", one, all)
		}
	})
}

func TestStartEndsTheFaultThatTookTheNodeDown(t *testing.T) {
	quiet(t, func(t *testing.T, c *Cluster) {
		mustDo(t, c, "kill historical-1 for 5s")
		mustDo(t, c, "start historical-1")
		stands(t, c, "faults() == 0", true)
		mustDo(t, c, "kill historical-1")
		time.Sleep(10 * time.Second)
		stands(t, c, "up(historical-1) == 0", true) // the first kill's end does not undo the second
		if f := mustDo(t, c, "heal historical-2"); len(f.Nodes) != 0 {
			t.Errorf("healed %v, and nothing was wrong", f.Nodes)
		}
		if f := mustDo(t, c, "heal historical-1"); len(f.Nodes) != 1 {
			t.Errorf("healed %v, want historical-1", f.Nodes)
		}
		mustHold(t, c, "up(historical) == 2")
	})
}
