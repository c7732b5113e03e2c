package cluster

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/hashicorp/go-hclog"

	"oakmoot/internal/stage/scenario"
)

// signalled are the signals with which a process of its own is asked for what our supervisor does to a node of ours.
var signalled = map[scenario.Cue]string{
	scenario.CueKill: "SIGKILL", scenario.CueStop: "SIGTERM", scenario.CuePause: "SIGSTOP", scenario.CueResume: "SIGCONT",
}

// signals are how the process in an external seat is reached: it is sent signals, as its pid file names it.
type signals struct {
	file   string // "" when nobody knows the process
	log    hclog.Logger
	paused atomic.Bool // and not told to go on yet
}

// send sends the process the signal of a cue. What comes of it is seen in ZooKeeper.
func (s *signals) send(c scenario.Cue) error {
	name, sends := signalled[c]
	if !sends {
		return errors.New("a process of its own is not started from here")
	}
	pid, err := readPIDFile(s.file)
	if err == nil {
		err = send(pid, name)
	}
	gone := errors.Is(err, errGone) || errors.Is(err, fs.ErrNotExist)
	switch {
	case gone && c == scenario.CueResume:
		s.log.Warn("nobody is there to go on", "signal", name, "error", err)
	case err != nil:
		return fmt.Errorf("%s: %w", name, err)
	default:
		s.log.Info("signal sent", "signal", name, "pid", pid)
	}
	s.paused.Store(c == scenario.CuePause)
	return nil
}

// calm has a paused process go on at the end of the run.
func (s *signals) calm() {
	if !s.paused.Load() {
		return
	}
	if err := s.send(scenario.CueResume); err != nil {
		s.log.Error("the process stays paused", "error", err)
	}
}

// maxPIDFile bounds what is read of a pid file.
const maxPIDFile = 64

// readPIDFile is the process that a pid file names: one that is alive, is not this one, and is no younger than the
// file, where that can be known. A number is given again once its process is gone.
func readPIDFile(path string) (int, error) {
	info, err := os.Stat(path)
	if err != nil {
		return 0, err
	}
	if info.Size() > maxPIDFile || !info.Mode().IsRegular() {
		return 0, fmt.Errorf("%s is no pid file", path)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return 0, err
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(text)))
	switch {
	case err != nil || pid <= 1: // 0 and less are groups of processes, 1 is the first of the system
		return 0, fmt.Errorf("%s names no process: it says %q", path, strings.TrimSpace(string(text)))
	case pid == os.Getpid():
		return 0, fmt.Errorf("%s names this very process", path)
	}
	began, err := beganAt(pid)
	switch {
	case errors.Is(err, errUnknownAge):
	case err != nil:
		return 0, fmt.Errorf("%s names process %d: %w", path, pid, err)
	case began.After(info.ModTime().Add(ageSlack)):
		return 0, fmt.Errorf("%s names process %d, which is younger than the file: it is another by now", path, pid)
	}
	return pid, nil
}

// errUnknownAge is that the system does not say how old a process is.
var errUnknownAge = errors.New("its age is not known")

// errGone is that there is no such process any more.
var errGone = errors.New("it is not alive")

// ageSlack is how exactly the age of a process is known.
const ageSlack = 2 * time.Second
