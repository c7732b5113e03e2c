package overlord

import (
	"fmt"
	"testing"
	"time"

	"oakmoot/internal/druid"
)

// told is a worker's announcement.
func told(host, ip, version string) druid.Worker {
	return druid.Worker{Host: host, IP: ip, Capacity: 2, Version: version}
}

func TestRosterIsCompleteOnceAllStatusesAreRead(t *testing.T) {
	r := newParts(t).roster
	one, fresh := r.announced(told("one", "1", "0"))
	r.announced(told("two", "1", "0"))
	r.listed = true
	if !fresh || r.complete() {
		t.Errorf("got fresh %v, complete %v", fresh, r.complete())
	}
	r.ready(one)
	r.ready(one)
	if r.complete() {
		t.Error("complete before the second worker's statuses are read")
	}
	if r.gone("two") == nil || !r.complete() || r.gone("two") != nil {
		t.Error("a worker that goes is still waited for")
	}
}

func TestWorkerThatIsAnnouncedAgainIsTheSame(t *testing.T) {
	r := newParts(t).roster
	first, _ := r.announced(told("one", "1", "0"))
	for _, step := range []struct{ ip, version, want string }{{"1", "", ""}, {"2", "9", ""}, {"1", "9", "9"}} {
		again, fresh := r.announced(told("one", step.ip, step.version))
		if again != first || fresh || first.info.Version != step.want {
			t.Errorf("%+v: got fresh %v, version %q", step, fresh, first.info.Version)
		}
	}
}

func TestWhichWorkersMayBeGivenATask(t *testing.T) {
	for name, test := range map[string]struct {
		change func(*roster, *worker)
		want   bool
	}{
		"as it is":                     {func(*roster, *worker) {}, true},
		"its statuses are not read":    {func(_ *roster, w *worker) { w.ready = false }, false},
		"it has not answered":          {func(r *roster, w *worker) { r.assigned("w", "a") }, false},
		"it has answered":              {func(r *roster, w *worker) { r.assigned("w", "a"); r.acknowledged("w", "a") }, true},
		"it has answered for another":  {func(r *roster, w *worker) { r.assigned("w", "a"); r.acknowledged("w", "b") }, false},
		"it is disabled":               {func(_ *roster, w *worker) { w.info.Version = "" }, false},
		"it is blacklisted":            {func(_ *roster, w *worker) { w.blacklisted = time.Now() }, false},
		"it is full":                   {func(_ *roster, w *worker) { w.notes("x", status("x", "RUNNING")); w.notes("y", status("y", "RUNNING")) }, false},
		"it was full":                  {func(_ *roster, w *worker) { w.notes("x", status("x", "RUNNING")); w.forgets("x") }, true},
		"one that it runs is as wide":  {func(_ *roster, w *worker) { w.notes("x", status("x", "RUNNING")) }, true},
		"its availability group is in": {func(_ *roster, w *worker) { w.notes("a", status("a", "RUNNING")) }, false},
	} {
		p := newParts(t)
		test.change(p.roster, p.worker("w", 2))
		task := druid.Task{ID: "a", Resource: druid.TaskResource{AvailabilityGroup: "a", RequiredCapacity: 1}}
		if got := p.roster.choose(task); (got == "w") != test.want {
			t.Errorf("%s: got %q", name, got)
		}
	}
}

func TestBlacklistTakesAFewAndLetsThemGoAgain(t *testing.T) {
	p := newParts(t)
	for i := range 4 {
		p.worker(fmt.Sprint("w", i), 1)
	}
	for _, w := range p.roster.all() {
		p.roster.judge(w, false)
		p.roster.judge(w, true)
		p.roster.judge(w, false)
	}
	if got := p.roster.onBlacklist(); got != 0 {
		t.Errorf("got %d blacklisted by single failures", got)
	}
	for _, w := range p.roster.all() {
		p.roster.judge(w, false)
	}
	if got := p.roster.onBlacklist(); got != 2 {
		t.Errorf("got %d blacklisted, want half of four", got)
	}
	if p.roster.sweepBlacklist(time.Now()) {
		t.Error("one was let go before its time")
	}
	p.roster.gone("w3")
	if !p.roster.sweepBlacklist(time.Now()) || p.roster.onBlacklist() != 1 {
		t.Errorf("got %d left of three workers, want one", p.roster.onBlacklist())
	}
	if !p.roster.sweepBlacklist(time.Now().Add(time.Hour)) || p.roster.onBlacklist() != 0 {
		t.Error("one was kept after its time")
	}
}

func TestTaskIsFoundAtTheFirstWorkerThatHasIt(t *testing.T) {
	p := newParts(t)
	p.worker("c", 1).notes("a", status("a", "RUNNING"))
	p.worker("b", 1).unreadable["a"] = true
	p.worker("a", 1)
	if got := p.roster.having("a"); got == nil || got.info.Host != "b" {
		t.Errorf("got %v, want b", got)
	}
	if got := p.roster.having("x"); got != nil {
		t.Errorf("got %v for a task that nobody has", got.info.Host)
	}
}
