package taskaction

import (
	"encoding/json"
	"errors"
	"testing"

	"github.com/hashicorp/go-hclog"

	"oakmoot/internal/druid"
	"oakmoot/internal/roles/overlord/lockbox"
	"oakmoot/internal/run/metadata"
)

// newToolbox is a Toolbox over a store in memory, with two active tasks.
func newToolbox(t *testing.T) *Toolbox {
	t.Helper()
	store, err := metadata.Open(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	locks := lockbox.New(store.Tasks, hclog.NewNullLogger(), func() {})
	active := map[string]druid.Task{"a": {ID: "a", GroupID: "a", DataSource: "wiki"}, "b": {ID: "b", GroupID: "b", DataSource: "wiki"}}
	for id := range active {
		locks.Add(id)
	}
	return &Toolbox{Store: store, Locks: locks, Active: func(id string) (druid.Task, bool) { task, ok := active[id]; return task, ok }}
}

// act carries an action out and gives its result as JSON, or the error.
func act(t *testing.T, tb *Toolbox, id, action string) (string, error) {
	t.Helper()
	var a Action
	err := json.Unmarshal([]byte(action), &a)
	if err == nil {
		err = a.Check()
	}
	if err != nil {
		t.Fatalf("%s: %v", action, err)
	}
	result, err := tb.Submit(t.Context(), druid.Task{ID: id, GroupID: id}, a, []byte(action))
	if err != nil {
		return "", err
	}
	b, err := druid.Marshal(result)
	return string(b), err
}

const lockDay = `{"type":"lockTryAcquire","interval":"2019-01-01/2019-01-02"}`

func TestActionIsCarriedOutForTheTaskAsTheQueueHasIt(t *testing.T) {
	tb := newToolbox(t)
	var lock druid.TaskLock
	got, err := act(t, tb, "a", lockDay)
	if err == nil {
		err = json.Unmarshal([]byte(got), &lock)
	}
	if err != nil || lock.DataSource != "wiki" {
		t.Errorf("got %s %v, want a lock on the datasource of the active task", got, err)
	}
	if _, err := act(t, tb, "gone", lockDay); err == nil || err.Error() != "Unable to grant lock to inactive Task [gone]" {
		t.Errorf("got %v for a task that is not active", err)
	}
}

func TestLockThatOthersHoldIsNotGrantedYet(t *testing.T) {
	tb := newToolbox(t)
	if _, err := act(t, tb, "a", lockDay); err != nil {
		t.Fatal(err)
	}
	if _, err := act(t, tb, "b", lockDay); !errors.Is(err, ErrNotYet) {
		t.Errorf("got %v, want %v", err, ErrNotYet)
	}
	if _, err := act(t, tb, "a", `{"type":"lockRelease","interval":"2019-01-01/2019-01-02"}`); err != nil {
		t.Fatal(err)
	}
	if got, err := act(t, tb, "b", lockDay); err != nil || got == "null" {
		t.Errorf("got %s %v once it is given back", got, err)
	}
}

func TestSurrogateActsForTheOther(t *testing.T) {
	tb := newToolbox(t)
	if _, err := act(t, tb, "a", `{"type":"surrogateAction","surrogateId":"b","taskAction":`+lockDay+`}`); err != nil {
		t.Fatal(err)
	}
	if len(tb.Locks.Held("b")) != 1 || len(tb.Locks.Held("a")) != 0 {
		t.Error("the lock is not the other's")
	}
	if _, err := act(t, tb, "a", `{"type":"surrogateAction","surrogateId":"x","taskAction":`+lockDay+`}`); err == nil || err.Error() != "Can't find surrogate task[x]" {
		t.Errorf("got %v for a task that nobody knows", err)
	}
}

func TestAuditedActionsAreLoggedIfThatIsWanted(t *testing.T) {
	for _, wanted := range []bool{false, true} {
		tb := newToolbox(t)
		tb.Audited = wanted
		for _, action := range []string{lockDay, `{"type":"resetDataSourceMetadata","dataSource":"wiki"}`} {
			if _, err := act(t, tb, "a", action); err != nil {
				t.Fatal(err)
			}
		}
		logs, err := tb.Store.TaskLogs(t.Context(), "a")
		if err != nil || (len(logs) == 1) != wanted {
			t.Errorf("wanted %v: got %d noted, %v", wanted, len(logs), err)
		}
	}
}
