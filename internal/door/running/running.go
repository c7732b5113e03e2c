package running

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"time"

	"oakmoot/internal/run/dirlock"
)

// Process is one that runs a cluster.
type Process struct {
	PID     int       `json:"pid"`
	Name    string    `json:"name"` // of the topology
	Control string    `json:"control"`
	Token   string    `json:"token,omitempty"` // of the control address; nobody but the user can read the directory
	Data    string    `json:"data"`
	Started time.Time `json:"started"`
}

// Registry is a directory with a directory for each process, named by its number, which it holds the lock of.
type Registry struct{ dir string }

// Usual is the user's registry: below XDG_RUNTIME_DIR, or else below the directory of temporary files.
func Usual() Registry {
	if dir := os.Getenv("XDG_RUNTIME_DIR"); dir != "" {
		return At(filepath.Join(dir, "oakmoot"))
	}
	name := "oakmoot-clusters"
	if uid := os.Getuid(); uid >= 0 { // Windows has a directory of temporary files for each user
		name += fmt.Sprintf("-%d", uid)
	}
	return At(filepath.Join(os.TempDir(), name))
}

// At is the registry in a directory, which need not exist.
func At(dir string) Registry { return Registry{dir} }

// entry is the file with a Process in it.
const entry = "process.json"

// Enter enters this process, until leave is called or it ends, however it does.
func (r Registry) Enter(p Process) (leave func(), err error) {
	p.PID = os.Getpid()
	// Nobody else may read the tokens, even if another user has made the directory before.
	if err := errors.Join(os.MkdirAll(r.dir, 0o700), os.Chmod(r.dir, 0o700)); err != nil {
		return nil, fmt.Errorf("list of running clusters: %w", err)
	}
	own := r.of(p.PID)
	text, err := json.Marshal(p)
	if err == nil && !dirlock.Held(own) {
		err = os.RemoveAll(own) // of a process that had the same number
	}
	if err == nil {
		err = os.MkdirAll(own, 0o700)
	}
	if err != nil {
		return nil, fmt.Errorf("list of running clusters: %w", err)
	}
	lock, err := dirlock.Acquire(own)
	if err != nil {
		return nil, fmt.Errorf("list of running clusters: %w", err)
	}
	leave = func() {
		_ = os.Remove(filepath.Join(own, entry)) // whoever looks next removes what stays
		lock.Release()
		_ = os.RemoveAll(own)
	}
	if err := os.WriteFile(filepath.Join(own, entry), append(text, '\n'), 0o600); err != nil {
		leave()
		return nil, fmt.Errorf("list of running clusters: %w", err)
	}
	return leave, nil
}

func (r Registry) of(pid int) string { return filepath.Join(r.dir, strconv.Itoa(pid)) }

// List is the processes that run, the oldest first. It removes the entries of those that have ended without a goodbye,
// and says how many those were.
func (r Registry) List() (all []Process, stale int, err error) {
	entries, err := os.ReadDir(r.dir)
	if errors.Is(err, os.ErrNotExist) {
		return nil, 0, nil
	}
	if err != nil {
		return nil, 0, fmt.Errorf("list of running clusters: %w", err)
	}
	for _, e := range entries {
		pid, err := strconv.Atoi(e.Name())
		if err != nil {
			continue
		}
		text, err := os.ReadFile(filepath.Join(r.of(pid), entry))
		if err != nil {
			continue // it is entering, or leaving
		}
		var p Process
		switch {
		case !r.Runs(pid):
			stale++
			_ = os.RemoveAll(r.of(pid)) // whoever looks next tries again
		case json.Unmarshal(text, &p) == nil:
			all = append(all, p)
		}
	}
	slices.SortFunc(all, func(a, b Process) int { return cmp.Or(a.Started.Compare(b.Started), a.PID-b.PID) })
	return all, stale, nil
}

// Runs reports whether the process still is what has entered itself.
func (r Registry) Runs(pid int) bool { return dirlock.Held(r.of(pid)) }
