package main

import (
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"
	"time"

	"oakmoot/cluster"
)

// sample is a command of a page and the lines that it shows of its output.
type sample struct {
	page    string
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

// skippedPages are pages whose samples are of another cluster than the quickstart.
var skippedPages = map[string]string{
	"docs/howto/a-real-process-joins.md": "of a cluster with a real process: testdata/script/seat.txtar",
}

// TestDocsSamples does what the pages show, in their order, on a quickstart, and compares
// what comes out with what is shown there: each line must come, but for what differs from
// run to run. What a page has broken is healed before the next one.
func TestDocsSamples(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("the samples are a POSIX shell's")
	}
	dir := t.TempDir()
	var pages [][]sample
	count := 0
	for _, p := range docPages(t) {
		for name, file := range filesOf(p.text) {
			if err := os.WriteFile(filepath.Join(dir, name), []byte(file), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		samples := samplesOf(p)
		if skippedPages[p.path] == "" && len(samples) > 0 {
			pages = append(pages, samples)
		}
		count += len(samples)
	}
	if count < 20 {
		t.Fatalf("got %d samples, the pages have more", count)
	}
	stage := startQuickstart(t, dir)
	for _, samples := range pages {
		stage.steady(t)
		for _, s := range samples {
			if skippedSamples[s.command] != "" {
				continue
			}
			t.Run(strings.ReplaceAll(s.page, "/", "_")+"/"+s.command, func(t *testing.T) {
				if s.own() {
					t.Parallel() // it waits for itself most of the time
				}
				s.try(t, stage)
			})
		}
	}
}

// own tells a sample that runs a cluster of its own.
func (s sample) own() bool {
	return strings.HasPrefix(s.command, "oakmoot up ") || strings.HasPrefix(s.command, "oakmoot judge ")
}

// stage is the quickstart on which samples are done.
type stage struct {
	dir    string
	env    []string
	banner func() string // what it has printed
}

// startQuickstart runs the quickstart as a process until the test ends.
func startQuickstart(t *testing.T, dir string) stage {
	t.Helper()
	file := filepath.Join(dir, "a.json")
	up := exec.Command("oakmoot", "up", "--listen", "127.0.0.1:0", "--addr-file", file, "--log-level", "error")
	up.Dir = dir
	printed, err := os.Create(filepath.Join(dir, "printed"))
	if err != nil {
		t.Fatal(err)
	}
	up.Stdout, up.Stderr = printed, printed
	banner := func() string {
		text, err := os.ReadFile(printed.Name())
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	if err := up.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if up.Process.Signal(os.Interrupt) != nil || up.Wait() != nil {
			t.Errorf("the quickstart ended with %v\n%s", up.ProcessState, banner())
		}
		_ = printed.Close()
	})
	var a cluster.Addresses
	for deadline := time.Now().Add(patience); ; time.Sleep(10 * time.Millisecond) {
		text, err := os.ReadFile(file)
		if err == nil && json.Unmarshal(text, &a) == nil {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("no address file within %v\n%s", patience, banner())
		}
	}
	return stage{dir, append(os.Environ(), "OAKMOOT_CONTROL="+a.Control), banner}
}

// settled is what holds of the quickstart once it has come to rest.
const settled = "up(*) == 10 and leaders(coordinator) == 1 and leaders(overlord) == 1 and replicas(flights) == 6 and tasks(SUCCESS) >= 1 and queued() == 0"

// steady heals whatever a page has broken, and waits until all is well.
func (st stage) steady(t *testing.T) {
	t.Helper()
	for _, args := range [][]string{{"fault", "heal"}, {"status", "--wait", settled}} {
		command := exec.Command("oakmoot", args...)
		command.Env = st.env
		if out, err := command.CombinedOutput(); err != nil {
			t.Fatalf("oakmoot %s: %v\n%s", strings.Join(args, " "), err, out)
		}
	}
}

// try runs the command and looks for each line that the README shows. Some of it comes
// in time, so it is run until all has come.
func (s sample) try(t *testing.T, st stage) {
	t.Helper()
	command := s.command
	if command == "go run ." {
		if missing := s.missing(st.banner()); len(missing) > 0 {
			t.Errorf("%s: these lines did not come:\n%s\nwhat came:\n%s", s.page, strings.Join(missing, "\n"), st.banner())
		}
		return
	}
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
		run.Dir, run.Env = st.dir, st.env
		out, _ = run.CombinedOutput() // check ends with 2: its output is what is shown
		cancel()
		missing = s.missing(string(out))
		once := strings.Contains(command, " fault ") || strings.Contains(command, "submit") || s.own()
		if len(missing) == 0 || once || time.Now().After(deadline) {
			break
		}
	}
	if len(missing) > 0 {
		t.Errorf("%s: these lines did not come:\n%s\nwhat came:\n%s", s.page, strings.Join(missing, "\n"), out)
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
	{regexp.MustCompile(`\bseed \d+`), "SEED"},
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
func samplesOf(p page) []sample {
	var all []sample
	var open *sample
	for line := range strings.Lines(p.text) {
		code, indented := strings.CutPrefix(strings.TrimRight(line, "\n"), "    ")
		switch command, isCommand := strings.CutPrefix(code, "$ "); {
		case !indented:
			open = nil
		case isCommand:
			all = append(all, sample{page: p.path, command: command})
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
