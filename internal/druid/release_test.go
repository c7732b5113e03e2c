package druid_test

import (
	"bufio"
	"encoding/json"
	"os"
	"strings"
	"testing"

	"oakmoot/internal/druid"
)

// plain is what 0.14.0 makes of a payload from 27.0.0: without the members that were
// added later.
var plain = strings.NewReplacer(
	`"type":"historical","serverType":"historical"`, `"type":"historical"`,
	`,"category":"_default_worker_category"`, ``,
	`,"location":{"host":null,"port":-1,"tlsPort":-1}`, ``,
)

// startTime removes the start time from a discovery entry.
func startTime(text string) string {
	before, after, found := strings.Cut(text, `,"startTime":"`)
	if !found {
		return text
	}
	_, after, _ = strings.Cut(after, `"`)
	return before + after
}

func TestReleaseWritesWhatItsProcessesWrote(t *testing.T) {
	r, ok := druid.ReleaseOf("27.0.0")
	if !ok {
		t.Fatal("27.0.0 is not known")
	}
	f, err := os.Open("testdata/vectors-27.0.0.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	through := map[string]func(druid.Release, []byte) ([]byte, error){
		"internal-discovery":  written[druid.DiscoveryNode],
		"worker-announcement": written[druid.Worker],
		"task-status":         written[druid.TaskAnnouncement],
		"server-announcement": written[druid.ServerMetadata],
		"curator-x-discovery": written[druid.ServiceInstance],
		"load-queue-request":  written[druid.ChangeRequest],
	}
	checked := 0
	for lines := bufio.NewScanner(f); lines.Scan(); {
		var v struct{ Kind, Path, Text string }
		if err := json.Unmarshal(lines.Bytes(), &v); err != nil {
			t.Fatal(err)
		}
		write := through[v.Kind]
		if write == nil {
			continue
		}
		checked++
		old := plain.Replace(startTime(v.Text))
		got, err := write(r, []byte(old))
		if err != nil {
			t.Errorf("%s: %v", v.Path, err)
		}
		if v.Kind == "internal-discovery" && !strings.Contains(string(got), `,"startTime":"2`) {
			t.Errorf("%s: got %s, want a time of start", v.Path, got)
		}
		if got := startTime(string(got)); got != startTime(v.Text) {
			t.Errorf("%s:\ngot  %s\nwant %s", v.Path, got, startTime(v.Text))
		}
		if got, err := write(druid.Release{}, []byte(old)); err != nil || string(got) != old {
			t.Errorf("%s as 0.14.0: got %s, %v, want %s", v.Path, got, err, old)
		}
	}
	if checked < 40 {
		t.Errorf("only %d payloads were checked", checked)
	}
}

// written reads a payload and writes it as a release does.
func written[T any](r druid.Release, text []byte) ([]byte, error) {
	var v T
	if err := json.Unmarshal(text, &v); err != nil {
		return nil, err
	}
	return r.Marshal(v)
}

func TestWhatALaterReleaseWroteIsNotAddedTwice(t *testing.T) {
	r, _ := druid.ReleaseOf("27.0.0")
	const worker = `{"scheme":"http","host":"h:1","ip":"h","capacity":1,"version":"0","category":"mine"}`
	if got, err := written[druid.Worker](r, []byte(worker)); err != nil || string(got) != worker {
		t.Errorf("got %s, %v, want %s", got, err, worker)
	}
}

func TestReleaseReportsItsVersion(t *testing.T) {
	newer, _ := druid.ReleaseOf("27.0.0")
	for r, want := range map[string]struct {
		druid.Release
		listeners bool
	}{"0.14.0-incubating": {druid.Release{}, true}, "27.0.0": {newer, false}} {
		if got := want.Version(); got != r || want.LookupListeners() != want.listeners {
			t.Errorf("got %s, lookup listeners %t", got, want.LookupListeners())
		}
	}
	if _, ok := druid.ReleaseOf("0.13.0"); ok {
		t.Error("0.13.0 is written")
	}
}
