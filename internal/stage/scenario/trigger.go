package scenario

import (
	"fmt"
	"path"
	"slices"
	"strings"
)

// Trigger is what a step waits for: an event, such as "leader:coordinator changed" or
// "zk:create /druid/loadQueue/**", or a condition that comes to hold.
type Trigger struct {
	Source    TriggerSource // its zero value stands for a condition
	Subject   string        // kind, node, datasource, task id or pattern of it, operation, step's name
	Event     string        // what has to happen; of zk the pattern of paths
	Condition Condition     // instead of an event
	text      string
}

// TriggerSource is a kind of events that steps can wait for: one row.
type TriggerSource struct {
	Name    string
	Subject string   // what stands behind the colon, for people
	Events  []string // nil: a pattern of paths
	Does    string   // one line for people
}

// Triggers is every source of events.
var Triggers = []TriggerSource{
	{"leader", "KIND", []string{"changed", "lost", "elected"}, "who leads a kind: another than before, nobody any more, somebody again"},
	{"role", "NODE", []string{"up", "down"}, "a node of the topology serves, or is gone"},
	{"segment", "DATASOURCE|*", []string{"published", "announced", "loaded", "dropped"},
		"a segment is in the metadata store, is announced, was loaded as its load queue asked, was dropped as it asked"},
	{"task", "ID|GLOB", []string{"running", "success", "failed"}, "the status that a task's worker writes to ZooKeeper"},
	{"session", "NODE", []string{"expired", "reconnected"}, "a node's ZooKeeper session has ended without its goodbye; a node has its connection again"},
	{"step", "NAME", []string{"done"}, "a step of the topology has been carried out"},
	{"zk", "OP", nil, "a transaction of ZooKeeper has changed a path that matches: create, set, delete or * with a pattern, such as /druid/loadQueue/**"},
}

// TriggerOps are the operations of zk triggers.
var TriggerOps = []string{"create", "set", "delete", "*"}

func findTrigger(name string) (TriggerSource, bool) {
	i := slices.IndexFunc(Triggers, func(s TriggerSource) bool { return s.Name == name })
	if i < 0 {
		return TriggerSource{}, false
	}
	return Triggers[i], true
}

// ParseTrigger reads a trigger. What has a colon in its first word is an event; all else
// is a condition.
func ParseTrigger(text string) (Trigger, error) {
	fail := func(column int, message string) (Trigger, error) {
		return Trigger{}, &SyntaxError{Text: text, Column: column, Message: message}
	}
	words := splitWords(text)
	if len(words) == 0 {
		return fail(1, "a trigger is an event, such as \"leader:coordinator changed\", or a condition, such as \"queued() > 10\"")
	}
	first, column := words[0].text, words[0].column
	name, subject, event := strings.Cut(first, ":")
	source, known := findTrigger(name)
	switch {
	case !event && known && !strings.Contains(text, "("):
		return fail(column, fmt.Sprintf("%s needs a subject: %s:%s", name, name, source.Subject))
	case !event || strings.Contains(name, "("):
		c, err := ParseCondition(text)
		return Trigger{Condition: c, text: text}, err
	case !known:
		return fail(column, unknownAmong("trigger", name, triggerNames()))
	case subject == "":
		return fail(column, fmt.Sprintf("%s needs a subject: %s:%s", name, name, source.Subject))
	case len(words) == 1:
		return fail(len(text)+1, fmt.Sprintf("what happens to it? %s takes %s", first, source.takes()))
	case len(words) > 2:
		return fail(words[2].column, fmt.Sprintf("%q is one word too many", words[2].text))
	}
	t := Trigger{Source: source, Subject: subject, Event: words[1].text, text: text}
	switch {
	case source.Events == nil && slices.Contains(Operations, subject) && !slices.Contains(TriggerOps, subject):
		return fail(column+len(name)+1, fmt.Sprintf("%q is no change of a znode; known are %s", subject, strings.Join(TriggerOps, ", ")))
	case source.Events == nil && !slices.Contains(TriggerOps, subject):
		return fail(column+len(name)+1, unknownAmong("operation", subject, TriggerOps))
	case source.Events == nil:
		if _, err := readsGlob(t.Event); err != nil {
			return fail(words[1].column, err.Error())
		}
	case !slices.Contains(source.Events, t.Event):
		return fail(words[1].column, unknownAmong("event of "+name, t.Event, source.Events))
	}
	if _, err := path.Match(subject, ""); source.Name == "task" && err != nil {
		return fail(column+len(name)+1, fmt.Sprintf("%q is not a pattern of ids", subject))
	}
	return t, nil
}

// takes lists what may stand behind the subject, for people.
func (s TriggerSource) takes() string {
	if s.Events == nil {
		return "a pattern of paths"
	}
	return strings.Join(s.Events, ", ")
}

func (t Trigger) String() string { return t.text }

// Commits reports whether the trigger is a transaction of ZooKeeper, so that what it
// starts can be done before that is answered.
func (t Trigger) Commits() bool {
	return slices.Contains([]string{"zk", "segment", "task", "session", "leader", ""}, t.Source.Name) && t.Event != "published"
}

// Check reports the first name in the trigger that the universe does not have. The names
// of the steps are those that it may wait for.
func (t Trigger) Check(u Universe, steps []string) error {
	column := len(t.Source.Name) + 2
	wrong := func(message string) error { return &SyntaxError{Text: t.text, Column: column, Message: message} }
	switch t.Source.Name {
	case "":
		return t.Condition.Check(u)
	case "leader":
		if message := u.elects(t.Subject); message != "" {
			return wrong(message)
		}
	case "role", "session":
		if u.Nodes != nil && t.Subject != "*" && !slices.Contains(u.names(), t.Subject) {
			if slices.Contains(u.Kinds, t.Subject) {
				return wrong(fmt.Sprintf("%q is a kind: one node's name stands here, or * for any", t.Subject))
			}
			return wrong(unknown("node", t.Subject, u.names()))
		}
	case "segment":
		if u.DataSources != nil && t.Subject != "*" && !strings.HasSuffix(t.Subject, openMark) && !slices.Contains(u.DataSources, t.Subject) {
			message := unknown("datasource", t.Subject, u.DataSources)
			if Nearest(t.Subject, u.DataSources) == "" {
				message += fmt.Sprintf("; one that comes later is written segment:%s%s", t.Subject, openMark)
			}
			return wrong(message)
		}
	case "step":
		if !slices.Contains(steps, t.Subject) {
			return wrong(unknown("step", t.Subject, steps))
		}
	}
	return nil
}

// DataSource is the datasource that a segment trigger is about.
func (t Trigger) DataSource() string { return strings.TrimSuffix(t.Subject, openMark) }

func triggerNames() []string {
	names := make([]string, len(Triggers))
	for i, s := range Triggers {
		names[i] = s.Name
	}
	return names
}

// Reads is what has to be read of a cluster, beside ZooKeeper's changes, to see the event.
func (t Trigger) Reads() Source {
	switch {
	case t.Source.Name == "":
		return t.Condition.Reads()
	case t.Event == "published":
		return FromStore
	}
	return FromZooKeeper
}
