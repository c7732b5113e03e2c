package scenario

import (
	"fmt"
	"slices"
	"strings"
)

// Trigger is an event that a step waits for, such as "leader:coordinator changed"
// or "zk:create /druid/loadQueue/**".
type Trigger struct {
	Source  string // leader, role, segment, task, zk, session or step
	Subject string // kind, node, datasource, task id or *, operation, step name
	Event   string // what has to happen; for zk the path pattern
}

// triggerEvents are the events of each source; zk takes a path pattern instead.
var triggerEvents = map[string][]string{
	"leader":  {"changed", "lost", "elected"},
	"role":    {"up", "down"},
	"segment": {"published", "loaded", "dropped"},
	"task":    {"running", "success", "failed"},
	"session": {"expired", "reconnected"},
	"step":    {"done"},
	"zk":      nil,
}

var triggerOps = []string{"create", "set", "delete", "*"}

// ParseTrigger reads a trigger.
func ParseTrigger(text string) (Trigger, error) {
	fail := func(column int, message string) (Trigger, error) {
		return Trigger{}, &SyntaxError{Text: text, Column: column, Message: message}
	}
	words := splitWords(text)
	if len(words) != 2 {
		return fail(1, "a trigger is source:subject and an event, such as \"leader:coordinator changed\"")
	}
	source, subject, ok := strings.Cut(words[0].text, ":")
	events, known := triggerEvents[source]
	if !known {
		return fail(1, unknown("trigger", source, sources()))
	}
	if !ok || subject == "" {
		return fail(1, fmt.Sprintf("%s needs a subject: %s:…", source, source))
	}
	t := Trigger{source, subject, words[1].text}
	if source == "zk" {
		if !slices.Contains(triggerOps, subject) {
			return fail(len("zk:")+1, unknown("operation", subject, triggerOps))
		}
		if !strings.HasPrefix(t.Event, "/") {
			return fail(words[1].column, "a path pattern begins with /")
		}
		return t, nil
	}
	if !slices.Contains(events, t.Event) {
		return fail(words[1].column, unknown("event of "+source, t.Event, events))
	}
	return t, nil
}

func sources() []string {
	names := make([]string, 0, len(triggerEvents))
	for name := range triggerEvents {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}
