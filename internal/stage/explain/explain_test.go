package explain_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"oakmoot/internal/stage/explain"
	"oakmoot/internal/stage/record"
	"oakmoot/internal/stage/scenario"
)

// quickstart is the checked-in record of a run whose leading coordinator was killed.
func quickstart(t *testing.T) record.Record {
	t.Helper()
	f, err := os.Open("../record/testdata/killed.jsonl")
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

func chain(t *testing.T, trigger string) []string {
	t.Helper()
	rec := quickstart(t)
	parsed, err := scenario.ParseTrigger(trigger)
	if err != nil {
		t.Fatal(err)
	}
	found, err := explain.Find(rec, parsed)
	if err != nil {
		t.Fatal(err)
	}
	if len(found.Places) == 0 {
		t.Fatalf("%s did not happen", trigger)
	}
	at := found.Places[len(found.Places)-1]
	if found.First {
		at = found.Places[0]
	}
	var verbs []string
	for _, link := range explain.Chain(rec.Steps, at) {
		verbs = append(verbs, link.Step.Node+": "+link.Step.Verb)
	}
	return verbs
}

func TestLeaderChangedBecauseTheOtherWasKilled(t *testing.T) {
	want := []string{
		"coordinator-2: coordinator leads", "coordinator-1: coordinator leaves the election", "coordinator-1: session expired",
		"coordinator-1: is killed", "coordinator-1: kill",
	}
	if diff := cmp.Diff(want, chain(t, "leader:coordinator changed")); diff != "" {
		t.Errorf("chain (-want +got):\n%s", diff)
	}
}

func TestNodeIsUpBecauseItsKillEnded(t *testing.T) {
	want := []string{"coordinator-1: is up", "coordinator-1: starts", "coordinator-1: kill ends", "coordinator-1: kill"}
	if diff := cmp.Diff(want, chain(t, "role:coordinator-1 up")); diff != "" {
		t.Errorf("chain (-want +got):\n%s", diff)
	}
}

func TestLoadedBecauseItWasAnnouncedBecauseItWasAsked(t *testing.T) {
	got := chain(t, "segment:* loaded")
	want := []string{": load request done", ": segment announced", ": load request", ": coordinator leads"}
	for i, end := range want {
		if i >= len(got) || !strings.HasSuffix(got[i], end) {
			t.Fatalf("got chain %q, want its beginnings to end in %q", got, want)
		}
	}
}

func TestAConditionCameToHoldBecauseTheLeaderWasKilled(t *testing.T) {
	// The kill itself ends the leadership: a dead node does not lead, whatever ZooKeeper shows.
	want := []string{"coordinator-1: is killed", "coordinator-1: kill"}
	if diff := cmp.Diff(want, chain(t, "leaders(coordinator) == 0")); diff != "" {
		t.Errorf("chain (-want +got):\n%s", diff)
	}
	want = []string{"coordinator-1: coordinator no longer leads", "coordinator-1: session expired", "coordinator-1: is killed", "coordinator-1: kill"}
	if diff := cmp.Diff(want, chain(t, "znodes(/druid/coordinator/_COORDINATOR/*) == 1 and failovers(coordinator) == 0 and up(coordinator) == 1")); diff != "" {
		t.Errorf("chain (-want +got):\n%s", diff)
	}
}

func TestPublishedAndReconnectedAreFoundByWhatShowsThem(t *testing.T) {
	if got := chain(t, "segment:* published"); len(got) < 2 || !strings.HasSuffix(got[0], ": load request") {
		t.Errorf("got chain %q, want that of a load request", got)
	}
	if got := chain(t, "session:coordinator-1 reconnected"); got[0] != "coordinator-1: open session" {
		t.Errorf("got chain %q, want that of a new session", got)
	}
}

func TestWhatARecordDoesNotShowIsSaid(t *testing.T) {
	rec := quickstart(t)
	for trigger, want := range map[string]string{
		"used(flights) > 1":     "metadata store",
		"rows(flights) > 1":     "a broker answers",
		"faults() > 1":          "does not count faults",
		"segment:* published":   "note: the metadata store is not in a record",
		"session:* reconnected": "note: a record shows new sessions only",
		"sessions() == 0":       "note: it held at the beginning",
	} {
		parsed, err := scenario.ParseTrigger(trigger)
		if err != nil {
			t.Fatal(err)
		}
		found, err := explain.Find(rec, parsed)
		if got := fmt.Sprintf("note: %s %v", found.Note, err); !strings.Contains(got, want) {
			t.Errorf("%s: got %s, want %q", trigger, got, want)
		}
	}
}
