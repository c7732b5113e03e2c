package record_test

import (
	"os"
	"strings"
	"testing"
	"time"

	"oakmoot/internal/stage/invariant"
	"oakmoot/internal/stage/record"
)

func open(t *testing.T) record.Record {
	t.Helper()
	f, err := os.Open("testdata/killed.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rec, err := record.Read(f, "killed.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	return rec
}

func TestRecordIsReadWithWhatItSaysOfTheRun(t *testing.T) {
	rec := open(t)
	if rec.Name != "killed" || rec.Header == nil || rec.Header.Seed != 7 || len(rec.Header.Nodes) != 5 || len(rec.Steps) < 50 {
		t.Errorf("got %q, %+v and %d steps", rec.Name, rec.Header, len(rec.Steps))
	}
}

func TestMistakesInARecordHaveTheirPlace(t *testing.T) {
	const good = `{"zxid":1,"protocol":"task","verb":"task assigned"}` + "\n"
	for name, tc := range map[string]struct{ text, want string }{
		"empty":              {"", "f.jsonl: there is no protocol step in it"},
		"blank lines":        {"\n\n", "f.jsonl: there is no protocol step in it"},
		"another file":       {"schema = 1\n", "f.jsonl:1: no protocol step"},
		"other JSON":         {good + `{"level":"info"}` + "\n", "f.jsonl:2: no protocol step as \"up --record\" writes them: it has no protocol"},
		"a number":           {good + "17\n", "f.jsonl:2: no protocol step"},
		"a cut line":         {good + good[:20], "f.jsonl:2: the line is cut off"},
		"a header of others": {`{"protocol":"run","verb":"begins","payload":"x"}` + "\n", "f.jsonl:1: the run is not described"},
		"a long line":        {good + `{"verb":"` + strings.Repeat("x", record.LineLimit) + `"}`, "f.jsonl:2: the line is longer than 16 MiB"},
	} {
		_, err := record.Read(strings.NewReader(tc.text), "f.jsonl")
		if err == nil || !strings.HasPrefix(err.Error(), tc.want) {
			t.Errorf("%s: got %v, want %s", name, err, tc.want)
		}
	}
}

// leading is who leads after each step of a record at which that changed.
func leading(t *testing.T, rec record.Record) (leaders []string) {
	t.Helper()
	p, err := record.NewPlayer(rec)
	if err != nil {
		t.Fatal(err)
	}
	last := ""
	p.Play(rec.Steps, func(at int) {
		m := p.Now(rec, rec.Steps[at].Time)
		now := ""
		for _, host := range m.Leaders("coordinator") {
			now += m.At(host)
		}
		if now != last {
			leaders = append(leaders, now)
		}
		last = now
	})
	return leaders
}

func TestReplayShowsWhoLedAndThatNobodyDid(t *testing.T) {
	if got := strings.Join(leading(t, open(t)), ","); got != "coordinator-1,,coordinator-2" {
		t.Errorf("got leaders %q", got)
	}
}

func TestReplayOfAnOldRecordGuessesWhatWasDone(t *testing.T) {
	rec := open(t)
	rec.Header = nil
	steps := rec.Steps[:0]
	for _, s := range rec.Steps {
		if s.Protocol == "fault" || s.Protocol == "node" {
			continue
		}
		s.Op, s.Session, s.Owner, s.Lapsed, s.Expired = "", "", "", false, false
		steps = append(steps, s)
	}
	rec.Steps = steps
	p, err := record.NewPlayer(rec)
	if err != nil {
		t.Fatal(err)
	}
	p.Play(rec.Steps, func(int) {})
	m := p.Now(rec, rec.Steps[len(rec.Steps)-1].Time)
	if len(m.Leaders("coordinator")) != 1 || m.Live.Queued() != 0 || m.Live.Served("historical", "pages") != 1 {
		t.Errorf("got leaders %v, %d queued, %d served", m.Leaders("coordinator"), m.Live.Queued(), m.Live.Served("historical", "pages"))
	}
}

// results are what became of the invariants in a record, by their names.
func results(t *testing.T, rec record.Record) map[string]invariant.Result {
	t.Helper()
	p, err := record.NewPlayer(rec)
	if err != nil {
		t.Fatal(err)
	}
	watch := p.Watch(rec)
	p.Play(rec.Steps, func(int) {})
	byName := map[string]invariant.Result{}
	for _, r := range watch.Results() {
		byName[r.Name] = r
	}
	return byName
}

func TestInvariantsHoldInTheRecordOfAGoodRun(t *testing.T) {
	for name, r := range results(t, open(t)) {
		if r.State == invariant.Broken {
			t.Errorf("%s: %+v", name, r)
		}
	}
	got := results(t, open(t))
	for name, state := range map[string]string{
		invariant.OneLeader: invariant.Held, invariant.LoadQueueEnds: invariant.Held, invariant.OneWorker: invariant.Held,
		invariant.Disk: invariant.NotChecked, invariant.ZooKeeperHistory: invariant.NotChecked,
	} {
		if got[name].State != state {
			t.Errorf("%s: got %+v, want it %s", name, got[name], state)
		}
	}
}

func TestAnnouncementThatOutlivesItsSessionBreaksARecord(t *testing.T) {
	rec := open(t)
	steps := rec.Steps[:0]
	for _, s := range rec.Steps {
		if !s.Lapsed && !s.Expired && (len(steps) == 0 || s.Verb != "kill ends" && s.Node != "coordinator-1" || s.Protocol == "node" && s.Verb == "is killed" || s.Zxid < 0x62) {
			steps = append(steps, s)
		}
	}
	late := steps[len(steps)-1]
	late.Zxid, late.Time, late.Node, late.Path, late.Op, late.Verb = late.Zxid+1, late.Time.Add(time.Minute), "overlord-1", "/druid/x", "create", "create"
	rec.Steps = append(steps, late)
	if r := results(t, rec)[invariant.AnnouncementsEnd]; r.State != invariant.Broken || r.Why == "" {
		t.Errorf("got %+v, want it broken", r)
	}
}
