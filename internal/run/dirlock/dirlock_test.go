package dirlock_test

import (
	"errors"
	"testing"

	"oakmoot/internal/run/dirlock"
)

func TestSecondHolderIsRefusedUntilRelease(t *testing.T) {
	dir := t.TempDir()
	if dirlock.Held(dir) {
		t.Error("a directory that nobody locked is held")
	}
	first, err := dirlock.Acquire(dir)
	if err != nil {
		t.Fatal(err)
	}
	if !dirlock.Held(dir) {
		t.Error("a locked directory is not held")
	}
	if _, err := dirlock.Acquire(dir); !errors.Is(err, dirlock.ErrLocked) {
		t.Errorf("second Acquire: got %v, want ErrLocked", err)
	}
	first.Release()
	if dirlock.Held(dir) {
		t.Error("a released directory is held")
	}
	again, err := dirlock.Acquire(dir)
	if err != nil {
		t.Fatalf("Acquire after Release: %v", err)
	}
	again.Release()
}

func TestMissingDirectoryIsAnError(t *testing.T) {
	if _, err := dirlock.Acquire(t.TempDir() + "/none"); err == nil || errors.Is(err, dirlock.ErrLocked) {
		t.Errorf("got %v, want an error other than ErrLocked", err)
	}
}
