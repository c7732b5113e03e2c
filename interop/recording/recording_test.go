package recording_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"oakmoot/interop/recording"
)

var names = map[string]string{"127.0.0.1:8083": "historical-1", "127.0.0.1:8081": "coordinator-1"}

const capture = `{"session":"0x1","op":"session"}
{"session":"0x1","op":"create","path":"/druid/loadQueue","flags":"PERSISTENT","hex":""}
{"session":"0x1","op":"create","path":"/druid/announcements/127.0.0.1:8083","flags":"EPHEMERAL","hex":"7b226e616d65223a223132372e302e302e313a38303833227d"}
{"session":"0x2","op":"create","path":"/druid/loadQueue/127.0.0.1:8083/x","flags":"EPHEMERAL","hex":"7b22616374696f6e223a226e6f6f70227d"}
{"session":"0x1","op":"delete","path":"/druid/loadQueue/127.0.0.1:8083/x"}
{"session":"0x3","op":"create","path":"/druid/listeners/lookups/__default/http:127.0.0.1:8101","flags":"EPHEMERAL","hex":""}
{"session":"0x1","op":"multi","ops":[{"op":"delete","path":"/druid/announcements/127.0.0.1:8083"}]}
{"session":"0x1","op":"close","paths":["/b/127.0.0.1:8083","/a/127.0.0.1:8083"]}
`

func who(session string) string {
	return map[string]string{"0x1": "historical-1", "0x2": "coordinator-1"}[session]
}

func TestCaptureIsToldWithoutWhatDiffersFromRunToRun(t *testing.T) {
	got, err := recording.OfCapture([]byte(capture), names, who)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string][]string{
		"historical-1": {
			`create ephemeral /druid/announcements/<historical-1> {"name":"<historical-1>"}`,
			`multi delete /druid/announcements/<historical-1>`,
			`lapse /a/<historical-1>`,
			`lapse /b/<historical-1>`,
		},
		"peon": {`create ephemeral /druid/listeners/lookups/__default/http:<peon>`},
	}
	if diff := cmp.Diff(want, got.Lines); diff != "" {
		t.Error(diff)
	}
}

func TestBrokenCaptureIsRefused(t *testing.T) {
	for _, text := range []string{"{", `{"op":"create","path":"/x","hex":"zz"}`} {
		if _, err := recording.OfCapture([]byte(text), names, who); err == nil {
			t.Errorf("%s: got no error", text)
		}
	}
}

// recorded is a recording with these lines of a historical.
func recorded(lines ...string) *recording.Recording {
	r := recording.New(nil)
	r.Lines["historical-1"] = lines
	return r
}

func TestComparisonTellsWhatIsMissingAddedOrOutOfOrder(t *testing.T) {
	reference := recorded("create /a", "create /b", "delete /a", "delete /b")
	for _, tt := range []struct {
		name     string
		other    *recording.Recording
		accepted recording.Difference
		want     string // "" is no difference
	}{
		{name: "the same", other: reference},
		{name: "one missing", other: recorded("create /a", "create /b", "delete /b"), want: "- delete /a"},
		{name: "one twice", other: recorded("create /a", "create /a", "create /b", "delete /a", "delete /b"), want: "+ create /a"},
		{name: "nothing at all", other: recorded(), want: "- create /a"},
		{name: "another order", other: recorded("create /a", "create /b", "delete /b", "delete /a"), want: "in this order"},
		{
			name: "another order, accepted", other: recorded("create /a", "create /b", "delete /b", "delete /a"),
			accepted: recording.Difference{Line: "^delete", How: recording.AnyOrder},
		},
		{
			name: "left out, accepted", other: recorded("create /b", "delete /b"),
			accepted: recording.Difference{Line: "/a$", How: recording.LeftOut},
		},
		{
			name: "a race, accepted", other: recorded("create /a", "create /b", "delete /a", "delete /b", "create /a"),
			accepted: recording.Difference{Line: "^create /a$", How: recording.Race},
		},
		{
			name: "in a transaction, accepted", other: recorded("multi create /a", "create /b", "multi delete /a", "delete /b"),
			accepted: recording.Difference{Line: "^multi .*/a$", How: recording.Together},
		},
		{
			name: "in a transaction, in another order", other: recorded("create /b", "multi create /a", "multi delete /a", "delete /b"),
			accepted: recording.Difference{Line: "^multi .*/a$", How: recording.Together}, want: "in this order",
		},
		{
			name: "accepted in another stage", other: recorded("create /b", "delete /b"),
			accepted: recording.Difference{Stage: "^elsewhere$", Line: "/a$", How: recording.LeftOut}, want: "- create /a",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := recording.Comparison{Accepted: []recording.Difference{tt.accepted}}
			if tt.accepted == (recording.Difference{}) {
				c.Accepted = nil
			}
			got := strings.Join(c.Stage("stage", reference, tt.other), "\n")
			if (got == "") != (tt.want == "") || !strings.Contains(got, tt.want) {
				t.Errorf("got %q, want it to tell %q", got, tt.want)
			}
		})
	}
}

func TestDifferenceThatIsAcceptedForNothingIsTold(t *testing.T) {
	c := recording.Comparison{Accepted: []recording.Difference{{Line: "/a", Because: "met"}, {Line: "/never", Because: "unmet"}, {Line: "/never", How: recording.Race}}}
	c.Stage("stage", recorded("create /a"), recorded())
	got := c.Unmet()
	if len(got) != 1 || got[0].Because != "unmet" {
		t.Errorf("got %v, want the unmet one", got)
	}
}

// TestApachesLogIsARecordingToo reads what a real ZooKeeper 3.9.5 has logged.
func TestApachesLogIsARecordingToo(t *testing.T) {
	r, err := recording.OfApacheLog("../../internal/zk/zkfile/testdata/small", 0, nil, func(session int64) string { return "client" })
	if err != nil {
		t.Fatal(err)
	}
	got := r.Lines["client"]
	want := []string{"multi create /m", "multi create /m/1 x", "multi set /m/1 y", "multi create /m/2", "multi delete /m/2", "create ephemeral /gone", "delete /gone"}
	if diff := cmp.Diff(want, got[max(0, len(got)-len(want)):]); diff != "" {
		t.Error(diff)
	}
}
