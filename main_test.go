package main

import (
	"encoding/json"
	"errors"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"oakmoot/cluster"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"oakmoot": main})
}

// TestScripts runs the program as its users do: a script a story.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script",
		Setup: func(env *testscript.Env) error {
			small, err := filepath.Abs("internal/zk/zkfile/testdata/small")
			env.Setenv("SMALL", small)
			if err != nil {
				return err
			}
			silent, err := net.Listen("tcp", "127.0.0.1:0") // takes connections and never answers
			if err != nil {
				return err
			}
			env.Defer(func() { _ = silent.Close() })
			env.Setenv("SILENT", silent.Addr().String())
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"addresses": addresses,
			"exits":     exits,
			"expand":    expand,
			"lines":     lines,
		},
	})
}

// patience is how long a process may take to write its address file.
const patience = time.Minute

// addresses FILE waits for an address file and sets OAKMOOT_CONTROL and DATA from it,
// or ZOOKEEPER from the one of oakmoot zk. It then removes the file, so that the next
// one is awaited anew.
func addresses(ts *testscript.TestScript, _ bool, args []string) {
	file := ts.MkAbs(args[0])
	text := await(ts, file)
	ts.Check(os.Remove(file))
	if !strings.HasPrefix(text, "{") {
		ts.Setenv("ZOOKEEPER", strings.TrimSpace(text))
		return
	}
	var a cluster.Addresses
	ts.Check(json.Unmarshal([]byte(text), &a))
	ts.Setenv("OAKMOOT_CONTROL", a.Control)
	ts.Setenv("DATA", a.Data)
}

// await is the text of a file once it ends with a line end.
func await(ts *testscript.TestScript, file string) string {
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		if text, err := os.ReadFile(file); err == nil && strings.HasSuffix(string(text), "\n") {
			return string(text)
		}
	}
	ts.Fatalf("%s was not written within %v", file, patience)
	return ""
}

// exits CODE PROGRAM ARGS… runs a program that has to end with the exit code.
func exits(ts *testscript.TestScript, _ bool, args []string) {
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	got := 0
	var exit *exec.ExitError
	switch err := ts.Exec(args[1], args[2:]...); {
	case errors.As(err, &exit):
		got = exit.ExitCode()
	case err != nil:
		ts.Fatalf("%v", err)
	}
	if got != want {
		ts.Fatalf("got exit code %d, want %d", got, want)
	}
}

// expand FILE… puts the values of environment variables into files.
func expand(ts *testscript.TestScript, _ bool, args []string) {
	for _, file := range args {
		text := os.Expand(ts.ReadFile(file), ts.Getenv)
		ts.Check(os.WriteFile(ts.MkAbs(file), []byte(text), 0o644))
	}
}

// lines N FILE: the file has so many lines.
func lines(ts *testscript.TestScript, neg bool, args []string) {
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	if got := strings.Count(ts.ReadFile(args[1]), "\n"); (got == want) == neg {
		ts.Fatalf("%s: got %d lines, want %d (negated: %v)", args[1], got, want, neg)
	}
}
