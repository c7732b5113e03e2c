package cli

import (
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hashicorp/go-hclog"

	"oakmoot/cluster"
	"oakmoot/internal/door/terminal"
)

// levels are the names of log levels.
var levels = []string{"trace", "debug", "info", "warn", "error", "off"}

// logLevels are what --log-level says: a level for all, and others for some by name.
type logLevels struct {
	base string // "" is the topology's
	of   map[string]string
}

// parseLogLevels reads "info,historical-1=debug,coordinator=trace".
func parseLogLevels(text string) (l logLevels, err error) {
	l.of = map[string]string{}
	for part := range strings.SplitSeq(text, ",") {
		name, level, named := strings.Cut(strings.TrimSpace(part), "=")
		if !named {
			name, level = "", name
		}
		switch {
		case text == "":
		case !slices.Contains(levels, level):
			return l, fmt.Errorf("--log-level %s: %q is no level; they are %s", text, level, strings.Join(levels, ", "))
		case name != "":
			l.of[name] = level
		case l.base != "":
			return l, fmt.Errorf("--log-level %s: there are two levels for all", text)
		default:
			l.base = level
		}
	}
	return l, nil
}

// besides are those that log and are no nodes.
var besides = []string{"zookeeper", "observer", "control", "metadata"}

// byName are the levels by the names of those that log: a kind is all of its nodes, and a node's own level counts more.
func (l logLevels) byName(topo cluster.Topology) (map[string]hclog.Level, error) {
	all := map[string]hclog.Level{}
	known := slices.Clone(besides)
	for _, p := range topo.WithDefaults().Places() {
		known = append(known, p.Name, p.Role.Kind)
		if level, ok := l.of[p.Role.Kind]; ok {
			all[p.Name] = hclog.LevelFromString(level)
		}
	}
	for name, level := range l.of {
		if !slices.Contains(known, name) {
			slices.Sort(known)
			known = slices.Compact(known)
			return nil, &badInput{fmt.Errorf("--log-level: nobody is called %q; %s", name,
				meant(name, known, "known are "+strings.Join(known, ", ")))}
		}
		all[name] = hclog.LevelFromString(level)
	}
	return all, nil
}

// leveled is a logger whose children have levels of their own.
type leveled struct {
	hclog.Logger
	levels map[string]hclog.Level
}

// Named is the logger of a node.
func (l leveled) Named(name string) hclog.Logger {
	child := l.Logger.Named(name)
	if level, ok := l.levels[name]; ok {
		child.SetLevel(level)
	}
	return child
}

// logs is where the lines of a run's log go: to standard error, and to a file if one is named. The file has them whole.
type logs struct {
	screen *logScreen
	to     io.Writer
	file   *os.File // nil without one
}

// logsOn are logs without a file.
func logsOn(out *terminal.Output, fold, json bool) *logs {
	l := &logs{screen: &logScreen{out: out, fold: fold, shown: map[string]time.Time{}}}
	l.to = l.screen
	if out.Size == nil || json {
		l.to = out
	}
	return l
}

func openLogs(file string, out *terminal.Output, fold, json bool) (*logs, error) {
	l := logsOn(out, fold, json)
	if file == "" {
		return l, nil
	}
	f, err := os.OpenFile(file, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return nil, &badInput{fmt.Errorf("--log-file: %w", err)}
	}
	l.file = f
	l.to = io.MultiWriter(f, l.to)
	return l, nil
}

func (l *logs) close() {
	l.screen.out.Passing("")
	if l.file != nil {
		_ = l.file.Close() // each line has been written already
	}
}

// logScreen shows log lines to a person: each takes one line of the terminal, with its level in colour, short
// identifiers and an ellipsis at the end; only errors are shown whole. Once the run is ready, a message that somebody
// repeats is shown in place below the others, so that what matters stays in view.
type logScreen struct {
	out   *terminal.Output
	fold  bool
	ready atomic.Bool

	mu    sync.Mutex           // guards shown
	shown map[string]time.Time // when a message was last shown for good
}

// How long a message is not repeated, and how many are remembered.
const (
	foldFor  = time.Minute
	foldMost = 1000
)

// Write takes one line of hclog's.
func (l *logScreen) Write(b []byte) (int, error) {
	line := parseLogLine(string(b))
	text := line.text()
	if line.level != "ERROR" {
		text = terminal.Cut(text, l.out.Width())
	}
	if l.folds(line) {
		l.out.Passing(text)
		return len(b), nil
	}
	return len(b), l.out.Print(text + "\n")
}

// folds reports whether a line is to be shown in place.
func (l *logScreen) folds(line logLine) bool {
	if !l.fold || !l.ready.Load() || line.level == "WARN" || line.level == "ERROR" {
		return false
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	now := time.Now()
	if last, ok := l.shown[line.message()]; ok && now.Sub(last) < foldFor {
		return true
	}
	if len(l.shown) >= foldMost {
		clear(l.shown)
	}
	l.shown[line.message()] = now
	return false
}

// logLine is a line of hclog's: 2026-11-30T17:42:52.809Z [INFO]  historical-1: segment loaded: segment=… bytes=94450.
type logLine struct{ time, level, rest string }

func parseLogLine(text string) logLine {
	text = strings.Join(strings.Fields(text), " ") // values of several lines, too
	at, rest, _ := strings.Cut(text, " ")
	level, rest, _ := strings.Cut(rest, " ")
	if _, clock, ok := strings.Cut(at, "T"); ok {
		at = clock[:min(len(clock), len("15:04:05.000"))]
	}
	return logLine{at, strings.Trim(level, "[]"), rest}
}

// message is who says what, without the values.
func (l logLine) message() string {
	who, rest, _ := strings.Cut(l.rest, ": ")
	what, _, _ := strings.Cut(rest, ": ")
	return who + ": " + what
}

func (l logLine) text() string {
	style := terminal.Faint
	switch l.level {
	case "WARN":
		style = terminal.Warn
	case "ERROR":
		style = terminal.Bad
	}
	who, rest, _ := strings.Cut(l.rest, ": ")
	return terminal.Faint.Text(l.time) + " " + style.Text(fmt.Sprintf("%-5s", l.level)) + " " + terminal.Head.Text(who) + ": " + printable(shortIDs(rest))
}
