package gate

import (
	"errors"
	"os"
	"strings"
	"testing"

	"oakmoot/internal/druid/jackson"
)

// all are the types that a body is read as.
var all = map[string]jackson.Type{
	"task": Task, "action": TaskActionHolder, "worker": WorkerBehaviorConfig, "rules": Rules, "config": DynamicConfig,
	"compaction": DataSourceCompactionConfig, "supervisor": SupervisorSpec, "strings": Strings, "intervals": Intervals,
}

func TestRefusalsSayWhereTheyAre(t *testing.T) {
	for _, tt := range []struct{ as, body, want string }{
		{"rules", `[{"type":"loadForever","tieredReplicants":{"a":-1}}]`, `Instantiation of [simple type, class org.apache.druid.server.coordinator.rules.ForeverLoadRule] value failed: Replicant value [-1] is less than 0, which is not allowed (through reference chain: java.util.ArrayList[0])`},
		{"intervals", `["2019-01-01/2019-02-30"]`, `Cannot parse "2019-02-30": Value 30 for dayOfMonth must be in the range [1,28] (through reference chain: java.util.ArrayList[0])`},
		{"strings", `[{}]`, `Can not deserialize instance of java.lang.String out of START_OBJECT token (through reference chain: java.util.HashSet[0])`},
		{"config", `{"maxSegmentsToMove":"x"}`, `Can not construct instance of java.lang.Integer from String value 'x': not a valid Integer value (through reference chain: org.apache.druid.server.coordinator.Builder["maxSegmentsToMove"])`},
		{"config", ``, `null`},
	} {
		if err := Check([]byte(tt.body), all[tt.as]); err == nil || err.Error() != tt.want {
			t.Errorf("%s %s: got %v, want %s", tt.as, tt.body, err, tt.want)
		}
	}
}

// TestOnlyABreakOutsideOfAMemberIsNoMapping covers what decides between 400 and 500.
func TestOnlyABreakOutsideOfAMemberIsNoMapping(t *testing.T) {
	for body, syntax := range map[string]bool{
		`{"type":"noop"`: true, `{"type":"noop","id":`: true, `{`: true, `x`: true, `{"type":"noop",}`: true, `{"type":"noop","other":{"a":`: true,
		`{"type":"index","spec":{"dataSchema":{`: false, `{"type":"noop","context":{"a":`: false, `{"type":"noop","id":[`: false,
		strings.Repeat(`[`, 5000): false, `{"type":"noop","context":` + strings.Repeat(`{"a":`, 5000): false,
	} {
		err := Check([]byte(body), Task)
		var refused *jackson.Refusal
		if !errors.As(err, &refused) || refused.Syntax != syntax {
			t.Errorf("%.60s: got %v, want a break %t", body, err, syntax)
		}
	}
}

func FuzzCheck(f *testing.F) {
	script, err := os.ReadFile("../../roles/overlord/testdata/tasks.txt")
	if err != nil {
		f.Fatal(err)
	}
	for _, line := range strings.Split(string(script), "\n") {
		if body, ok := strings.CutPrefix(line, "POST /task "); ok {
			f.Add(body)
		}
	}
	f.Fuzz(func(t *testing.T, body string) {
		for _, as := range all {
			_ = Check([]byte(body), as) // the message is not known; it must not panic
		}
	})
}
