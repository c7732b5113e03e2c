package explain_test

import (
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
	places, err := explain.Find(rec.Steps, parsed)
	if err != nil {
		t.Fatal(err)
	}
	if len(places) == 0 {
		t.Fatalf("%s did not happen", trigger)
	}
	var verbs []string
	for _, link := range explain.Chain(rec.Steps, places[len(places)-1]) {
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

func TestWhatARecordDoesNotShowIsSaid(t *testing.T) {
	for trigger, want := range map[string]string{
		"segment:* published":   "metadata store",
		"queued() > 1":          "is a condition",
		"session:h reconnected": "does not show",
	} {
		parsed, err := scenario.ParseTrigger(trigger)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := explain.Find(nil, parsed); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %q", trigger, err, want)
		}
	}
}
