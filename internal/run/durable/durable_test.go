package durable_test

import (
	"os"
	"path/filepath"
	"testing"

	"oakmoot/internal/run/disk"
	"oakmoot/internal/run/durable"
)

func TestReplaceLeavesOneWholeFile(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	for _, content := range []string{"a long first content", "short", ""} {
		if err := durable.Replace(disk.OS{}, file, []byte(content)); err != nil {
			t.Fatal(err)
		}
		if got, err := os.ReadFile(file); err != nil || string(got) != content {
			t.Errorf("got %q, %v; want %q", got, err, content)
		}
	}
	if entries, err := os.ReadDir(dir); err != nil || len(entries) != 1 {
		t.Errorf("got %v, %v; want the file alone", entries, err)
	}
}

func TestFailedReplaceLeavesTheOldFile(t *testing.T) {
	dir := t.TempDir()
	taken := filepath.Join(dir, "taken")
	if err := os.MkdirAll(filepath.Join(taken, "x"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := durable.Replace(disk.OS{}, taken, []byte("new")); err == nil {
		t.Error("got no error over a directory")
	}
	if entries, err := os.ReadDir(dir); err != nil || len(entries) != 1 {
		t.Errorf("got %v, %v; want nothing new", entries, err)
	}
	if err := durable.Replace(disk.OS{}, filepath.Join(dir, "none", "file"), nil); err == nil {
		t.Error("got no error without the directory")
	}
}

func TestTreeAndRename(t *testing.T) {
	dir := t.TempDir()
	below := filepath.Join(dir, "a", "b")
	if err := os.MkdirAll(below, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(below, "file"), []byte("x"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := durable.Tree(disk.OS{}, dir); err != nil {
		t.Fatal(err)
	}
	if err := durable.Rename(disk.OS{}, filepath.Join(dir, "a"), filepath.Join(dir, "c")); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(dir, "c", "b", "file")); err != nil {
		t.Error(err)
	}
	if err := durable.Tree(disk.OS{}, filepath.Join(dir, "none")); err == nil {
		t.Error("got no error for what is not there")
	}
}
