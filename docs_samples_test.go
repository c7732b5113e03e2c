package main

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"oakmoot/cluster"
)

// sample is a command of the README and the lines that it shows of its output.
type sample struct {
	command string
	output  []string
}

// skippedSamples are commands that cannot be done here, and why; a test of another
// kind looks at each.
var skippedSamples = map[string]string{
	"oakmoot up real-historical.toml":                                 "it waits for a real process: testdata/script/seat.txtar",
	"mkdir real-1 && oakmoot seat real-1 > real-1/runtime.properties": "of the same cluster: testdata/script/seat.txtar",
	"head -12 real-1/runtime.properties":                              "of the same cluster: testdata/script/seat.txtar",
}

// TestReadmeSamples does what the README shows, in its order, on a quickstart, and
// compares what comes out with what is shown there: each line must come, but for what
// differs from run to run.
func TestReadmeSamples(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("the samples are a POSIX shell's")
	}
	text, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for name, file := range filesOf(string(text)) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(file), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	env := startQuickstart(t, dir)
	samples := samplesOf(string(text))
	if len(samples) < 8 {
		t.Fatalf("got %d samples, the README has more", len(samples))
	}
	seen := map[string]bool{}
	for _, s := range samples {
		if _, skipped := skippedSamples[s.command]; skipped || seen[s.command] {
			continue
		}
		seen[s.command] = true
		t.Run(s.command, func(t *testing.T) { s.try(t, dir, env) })
	}
}

// startQuickstart runs the quickstart as a process until the test ends, and returns
// the environment in which commands find it.
func startQuickstart(t *testing.T, dir string) []string {
	t.Helper()
	file := filepath.Join(dir, "a.json")
	up := exec.Command("oakmoot", "up", "--listen", "127.0.0.1:0", "--addr-file", file, "--log-level", "error")
	up.Dir = dir
	var stderr bytes.Buffer
	up.Stderr = &stderr
	if err := up.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if up.Process.Signal(os.Interrupt) != nil || up.Wait() != nil {
			t.Errorf("the quickstart ended with %v\n%s", up.ProcessState, stderr.String())
		}
	})
	var a cluster.Addresses
	for deadline := time.Now().Add(patience); ; time.Sleep(10 * time.Millisecond) {
		text, err := os.ReadFile(file)
		if err == nil && json.Unmarshal(text, &a) == nil {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("no address file within %v\n%s", patience, stderr.String())
		}
	}
	env := append(os.Environ(), "OAKMOOT_CONTROL="+a.Control)
	loaded := exec.Command("oakmoot", "status", "--wait", "replicas(flights) == 6 and tasks(SUCCESS) == 1 and queued() == 0")
	loaded.Env = env
	if out, err := loaded.CombinedOutput(); err != nil {
		t.Fatalf("not loaded: %v\n%s", err, out)
	}
	return env
}

// try runs the command and looks for each line that the README shows. Some of it comes
// in time, so it is run until all has come.
func (s sample) try(t *testing.T, dir string, env []string) {
	t.Helper()
	command := s.command
	if strings.HasPrefix(command, "curl ") {
		if _, err := exec.LookPath("curl"); err != nil {
			t.Skip("there is no curl")
		}
		command = strings.Replace(command, "127.0.0.1:7070", "$OAKMOOT_CONTROL", 1)
	}
	if command == "oakmoot trace" {
		command += " --for 1s" // it would go on for ever
	}
	var missing []string
	var out []byte
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(100 * time.Millisecond) {
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		run := exec.CommandContext(ctx, "sh", "-c", command)
		run.Dir, run.Env = dir, env
		out, _ = run.CombinedOutput() // check ends with 2: its output is what is shown
		cancel()
		missing = s.missing(string(out))
		once := strings.Contains(command, " fault ") || strings.Contains(command, "submit")
		if len(missing) == 0 || once || time.Now().After(deadline) {
			break
		}
	}
	if len(missing) > 0 {
		t.Errorf("these lines of the README did not come:\n%s\nwhat came:\n%s", strings.Join(missing, "\n"), out)
	}
}

// missing are the shown lines that are not in an output.
func (s sample) missing(out string) []string {
	have := map[string]bool{}
	for line := range strings.Lines(out) {
		have[steadyLine(line)] = true
	}
	var missing []string
	for _, line := range s.output {
		if want := steadyLine(line); want != "" && want != "…" && !have[want] {
			missing = append(missing, line)
		}
	}
	return missing
}

// volatile is what differs from run to run, and what stands for it.
var volatile = []struct {
	pattern *regexp.Regexp
	word    string
}{
	{regexp.MustCompile(`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z(_index)?`), "TIME"},
	{regexp.MustCompile(`\d\d:\d\d:\d\d\.\d{3}`), "TIME"},
	{regexp.MustCompile(`127\.0\.0\.1:\d+`), "HOST"},
	{regexp.MustCompile(`[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}`), "UUID"},
	{regexp.MustCompile(`0x[0-9a-f]+`), "SESSION"},
	{regexp.MustCompile(`\bf\d+\b`), "FAULT"},
	{regexp.MustCompile(`latch-\d{10}`), "LATCH"},
	{regexp.MustCompile(`flights_(\S+?)…`), "SEGMENT"},
	{regexp.MustCompile(`\b(coordinator|overlord|historical|middlemanager|realtime|broker)-\d\b( \*)?`), "$1-N"}, // who leads, and who got it
	{regexp.MustCompile(`\bin \d+(\.\d+)? ?m?s\b`), "in SPAN"},
	{regexp.MustCompile(`(realtime-N realtime _default_tier) \d+ \d+`), "$1 ROWS"},
	{regexp.MustCompile(`^flights-live \d+ \d+$`), "STREAM"},
}

// steadyLine is a line without what differs from run to run.
func steadyLine(line string) string {
	line = strings.Join(strings.Fields(line), " ")
	for _, v := range volatile {
		line = v.pattern.ReplaceAllString(line, v.word)
	}
	return line
}

// samplesOf are the commands in the indented blocks of a page, behind "$ ".
func samplesOf(text string) []sample {
	var all []sample
	var open *sample
	for line := range strings.Lines(text) {
		code, indented := strings.CutPrefix(strings.TrimRight(line, "\n"), "    ")
		switch command, isCommand := strings.CutPrefix(code, "$ "); {
		case !indented:
			open = nil
		case isCommand:
			all = append(all, sample{command: command})
			open = &all[len(all)-1]
		case open != nil && unfinished(open.command):
			open.command += "\n" + code
		case open != nil:
			open.output = append(open.output, code)
		}
	}
	return all
}

// unfinished tells a command that goes on in the next line, within quotes.
func unfinished(command string) bool { return strings.Count(command, "'")%2 == 1 }

var fileBlock = regexp.MustCompile("(?s)`([a-z-]+\\.toml)`:?\n\n```toml\n(.*?)```")

// filesOf are the topologies that a page shows, by their names.
func filesOf(text string) map[string]string {
	files := map[string]string{}
	for _, m := range fileBlock.FindAllStringSubmatch(text, -1) {
		files[m[1]] = m[2]
	}
	return files
}

// TestReadmeNamesWhatThereIs looks for the commands, the examples and the keys of a
// topology in the README.
func TestReadmeNamesWhatThereIs(t *testing.T) {
	b, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	text := string(b)
	examples, err := filepath.Glob("examples/*")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range examples {
		if !strings.HasSuffix(file, ".go") && !strings.Contains(text, "("+filepath.ToSlash(file)) {
			t.Errorf("%s is not in the README", file)
		}
	}
	help, err := exec.Command("oakmoot", "--help").Output()
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range regexp.MustCompile(`(?m)^  ([a-z]+)( |$)`).FindAllStringSubmatch(string(help), -1) {
		if !strings.Contains(text, "`"+m[1]+" ") && !strings.Contains(text, "`"+m[1]+"`") {
			t.Errorf("the command %q is not in the README", m[1])
		}
	}
	for _, key := range topologyKeys(t) {
		if !strings.Contains(text, key+"`") && !strings.Contains(text, "["+key+"]") {
			t.Errorf("the topology's key %q is not in the README", key)
		}
	}
}

var tomlTag = regexp.MustCompile("toml:\"([a-z_]+)\"")

// topologyKeys are the keys that a topology file may have.
func topologyKeys(t *testing.T) []string {
	t.Helper()
	source, err := os.ReadFile("cluster/topology.go")
	if err != nil {
		t.Fatal(err)
	}
	var keys []string
	for _, m := range tomlTag.FindAllStringSubmatch(string(source), -1) {
		keys = append(keys, m[1])
	}
	slices.Sort(keys)
	return slices.Compact(keys)
}
