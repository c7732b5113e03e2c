//go:build unix

package cluster_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"oakmoot/cluster"
)

// idle marks the test binary as the process in a seat: it waits until its parent is gone.
const idle = "OAKMOOT_TEST_IDLE"

func TestMain(m *testing.M) {
	if os.Getenv(idle) != "" {
		_, _ = os.Stdin.Read(make([]byte, 1))
		return
	}
	os.Exit(m.Run())
}

// idler starts a process that does nothing, and writes its pid file.
func idler(t *testing.T) (pid int, file string) {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), idle+"=1")
	in, err := cmd.StdinPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	late := time.AfterFunc(time.Minute, func() { _ = cmd.Process.Kill() }) // nobody waits for it longer
	t.Cleanup(func() {
		late.Stop()
		_ = cmd.Process.Signal(syscall.SIGCONT)
		_ = in.Close()
		_ = cmd.Wait() // it has been waited for already, perhaps
	})
	file = filepath.Join(t.TempDir(), "real.pid")
	if err := os.WriteFile(file, fmt.Appendln(nil, cmd.Process.Pid), 0o644); err != nil {
		t.Fatal(err)
	}
	return cmd.Process.Pid, file
}

// becomes waits until a child has changed its state, and says what it is now.
func becomes(t *testing.T, pid int) string {
	t.Helper()
	var s syscall.WaitStatus
	if _, err := syscall.Wait4(pid, &s, syscall.WUNTRACED|syscall.WCONTINUED, nil); err != nil {
		t.Fatalf("wait for the process: %v", err)
	}
	switch {
	case s.Continued():
		return "goes on"
	case s.Stopped():
		return "is stopped"
	case s.Signal() == syscall.SIGKILL:
		return "is killed"
	case s.Signal() == syscall.SIGTERM:
		return "is terminated"
	}
	return fmt.Sprintf("has ended: %#x", uint32(s))
}

// realSeat is a cluster with a seat whose process has a pid file.
func realSeat(file string) cluster.Topology {
	topo := withSeat("historical")
	topo.Roles[2].PIDFile = file
	return topo
}

func TestVerbsSendSignalsToAProcessOfItsOwn(t *testing.T) {
	t.Parallel()
	pid, file := idler(t)
	synctest.Test(t, func(t *testing.T) {
		host := cluster.OpenT(t, realSeat(file), cluster.InMemory())
		expect := func(want string) {
			t.Helper()
			if got := becomes(t, pid); got != want {
				t.Errorf("the process %s, want %s", got, want)
			}
		}
		do(t, host, "pause historical-1 for 2s")
		expect("is stopped")
		time.Sleep(3 * time.Second)
		expect("goes on")
		do(t, host, "pause *")
		expect("is stopped")
		do(t, host, "resume *")
		expect("goes on")
		await(t, host, "faults() == 0", time.Second)
		for _, tc := range []struct{ do, want string }{
			{"kill historical-1 for 5s", "historical-1 is a process of its own: once it has ended, it is not started again from here"},
			{"restart historical-1", "it is neither started nor ended from here"},
			{"start historical-1", "it is neither started nor ended from here"},
			{"cut historical-1", "its traffic does not pass through here"},
		} {
			if _, err := host.Do(t.Context(), tc.do); err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("%s: got %v, want %s", tc.do, err, tc.want)
			}
		}
		do(t, host, "pause historical-1")
		expect("is stopped")
		do(t, host, "kill historical-1")
		expect("is killed")
		if _, err := host.Do(t.Context(), "stop historical-1"); err == nil || !strings.Contains(err.Error(), "it is not alive") {
			t.Errorf("got %v, want that the process is not alive", err)
		}
	})
}

func TestPausedProcessGoesOnWhenTheRunEnds(t *testing.T) {
	t.Parallel()
	pid, file := idler(t)
	synctest.Test(t, func(t *testing.T) {
		c, err := cluster.New(realSeat(file), cluster.InMemory())
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		over := make(chan error, 1)
		go func() { over <- c.Run(ctx) }()
		<-c.Opened()
		do(t, c, "pause historical-1")
		if got := becomes(t, pid); got != "is stopped" {
			t.Errorf("the process %s", got)
		}
		cancel()
		if err := <-over; err != nil {
			t.Error(err)
		}
		if got := becomes(t, pid); got != "goes on" {
			t.Errorf("the process %s, want it to go on", got)
		}
	})
	synctest.Test(t, func(t *testing.T) {
		host := cluster.OpenT(t, realSeat(file), cluster.InMemory())
		do(t, host, "stop historical-1")
		if got := becomes(t, pid); got != "is terminated" {
			t.Errorf("the process %s, want it terminated", got)
		}
	})
}
