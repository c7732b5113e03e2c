//go:build interop

package real

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"
)

// Process is a process of other people's software.
type Process struct {
	Name    string
	Version string
	Host    string // host:port where it serves
	Dir     string // its own directory; the file log in it holds its output

	argv []string
	who  *syscall.Credential         // nil is the current user
	up   func(context.Context) error // asks whether it serves
	cmd  *exec.Cmd
	done chan struct{} // closed once it has ended
}

// stopPatience is how long a process may take to end after it has been asked to.
const stopPatience = 30 * time.Second

// launch starts argv in dir, with its output appended to the file log there.
func launch(name, dir string, who *syscall.Credential, argv ...string) (*Process, error) {
	p := &Process{Name: name, Dir: dir, argv: argv, who: who}
	return p, p.Start()
}

// Start starts the process, or restarts it once it has ended: with the same command, at the same address, in the same
// directory.
func (p *Process) Start() error {
	if err := os.MkdirAll(p.Dir, 0o755); err != nil {
		return err
	}
	log, err := os.OpenFile(filepath.Join(p.Dir, "log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	defer log.Close() // the process has its own
	cmd, done := exec.Command(p.argv[0], p.argv[1:]...), make(chan struct{})
	cmd.Dir, cmd.Stdout, cmd.Stderr = p.Dir, log, log
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL, Credential: p.who}
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("start %s: %w", p.Name, err)
	}
	go func() {
		_ = cmd.Wait() // its log says how it ended
		close(done)
	}()
	p.cmd, p.done = cmd, done
	return nil
}

// Up returns once the process serves. It is an error if the process or ctx ends first.
func (p *Process) Up(ctx context.Context) error { return p.await(ctx, p.up) }

// Done is closed once the process has ended.
func (p *Process) Done() <-chan struct{} { return p.done }

// PID is the process's id.
func (p *Process) PID() int { return p.cmd.Process.Pid }

// Kill kills the process at once, but not the processes that it started.
func (p *Process) Kill() {
	_ = p.cmd.Process.Kill() // it may have ended by itself
	<-p.done
}

// Stop asks the process to end, waits until it has, and kills what it left behind.
func (p *Process) Stop() {
	_ = p.cmd.Process.Signal(syscall.SIGTERM) // it may have ended by itself
	select {
	case <-p.done:
	case <-time.After(stopPatience):
	}
	p.Destroy()
}

// Destroy kills the process and everything it started, at once.
func (p *Process) Destroy() {
	_ = syscall.Kill(-p.cmd.Process.Pid, syscall.SIGKILL) // the group may be empty
	<-p.done
}

// Freeze suspends the process, so that its session expires without its knowing.
func (p *Process) Freeze() error { return p.cmd.Process.Signal(syscall.SIGSTOP) }

// Thaw resumes a frozen process.
func (p *Process) Thaw() error { return p.cmd.Process.Signal(syscall.SIGCONT) }

// Log is what the process has written.
func (p *Process) Log() string {
	b, err := os.ReadFile(filepath.Join(p.Dir, "log"))
	if err != nil {
		return err.Error()
	}
	return string(b)
}

// ended is the error for a process that ended while it was still needed.
func (p *Process) ended() error {
	log := []byte(p.Log())
	return errors.New(p.Name + " ended: " + lastLines(bytes.TrimSpace(log), 15))
}

// writeFile writes a file and creates the directories above it.
func writeFile(name, content string) error {
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		return err
	}
	return os.WriteFile(name, []byte(content), 0o644)
}
