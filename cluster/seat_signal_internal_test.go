package cluster

import (
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"
)

func TestPIDFileThatNamesNoProcessIsRefused(t *testing.T) {
	dir := t.TempDir()
	for text, want := range map[string]string{
		"":                               "names no process",
		"java":                           "names no process",
		"0":                              "names no process",
		"-1":                             "names no process",
		"1":                              "names no process",
		strings.Repeat("7", 100):         "is no pid file",
		strconv.Itoa(os.Getpid()) + "\n": "names this very process",
	} {
		file := filepath.Join(dir, "pid")
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		if pid, err := readPIDFile(file); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %d, %v, want that it %s", text, pid, err, want)
		}
	}
	if _, err := readPIDFile(dir); err == nil || !strings.Contains(err.Error(), "is no pid file") && runtime.GOOS != "windows" {
		t.Errorf("a directory: got %v", err)
	}
	if _, err := readPIDFile(filepath.Join(dir, "none")); !os.IsNotExist(err) {
		t.Errorf("no file: got %v", err)
	}
}

func TestPIDFileOfBeforeItsProcessIsRefused(t *testing.T) {
	if _, err := beganAt(os.Getpid()); err != nil {
		t.Skip(err) // this system does not say how old a process is
	}
	file := filepath.Join(t.TempDir(), "pid")
	if err := os.WriteFile(file, []byte(strconv.Itoa(os.Getppid())), 0o644); err != nil {
		t.Fatal(err)
	}
	if pid, err := readPIDFile(file); pid != os.Getppid() || err != nil {
		t.Errorf("a file of now: got %d, %v", pid, err)
	}
	old := time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)
	if err := os.Chtimes(file, old, old); err != nil {
		t.Fatal(err)
	}
	if pid, err := readPIDFile(file); err == nil || !strings.Contains(err.Error(), "is younger than the file") {
		t.Errorf("a file of the year 2000: got %d, %v", pid, err)
	}
}
