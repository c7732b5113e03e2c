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

// Process is a running process of other people's software.
type Process struct {
	Name    string
	Version string
	Host    string // host:port where it serves
	Dir     string // its own directory; its output is the file log in it

	argv []string
	who  *syscall.Credential         // nil is us
	up   func(context.Context) error // asks whether it serves
	cmd  *exec.Cmd
	done chan struct{} // closed when it has ended
}

// stopPatience is how long a process may take to end by itself after it was asked to.
const stopPatience = 30 * time.Second

// launch starts argv in dir, with its output appended to the file log there.
func launch(name, dir string, who *syscall.Credential, argv ...string) (*Process, error) {
	p := &Process{Name: name, Dir: dir, argv: argv, who: who}
	return p, p.Start()
}

// Start starts the process, again when it has ended: with the same command, at the
// same address, in the same directory.
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
		_ = cmd.Wait() // how it ended is told by its log
		close(done)
	}()
	p.cmd, p.done = cmd, done
	return nil
}

// Up returns once the process serves. It is an error when it ends first, or ctx does.
func (p *Process) Up(ctx context.Context) error { return p.await(ctx, p.up) }

// Done is closed when the process has ended.
func (p *Process) Done() <-chan struct{} { return p.done }

// Kill ends the process at once, without the processes that it started.
func (p *Process) Kill() {
	_ = p.cmd.Process.Kill() // it may have ended by itself
	<-p.done
}

// Stop asks the process to end, waits until it has, and ends what it left behind.
func (p *Process) Stop() {
	_ = p.cmd.Process.Signal(syscall.SIGTERM) // it may have ended by itself
	select {
	case <-p.done:
	case <-time.After(stopPatience):
	}
	p.Destroy()
}

// Destroy ends the process and all that it started, at once.
func (p *Process) Destroy() {
	_ = syscall.Kill(-p.cmd.Process.Pid, syscall.SIGKILL) // nobody may be left of the group
	<-p.done
}

// Freeze holds the process, so that its session expires while it knows nothing of it.
func (p *Process) Freeze() error { return p.cmd.Process.Signal(syscall.SIGSTOP) }

// Thaw lets a frozen process go on.
func (p *Process) Thaw() error { return p.cmd.Process.Signal(syscall.SIGCONT) }

// Log is what the process has written.
func (p *Process) Log() string {
	b, err := os.ReadFile(filepath.Join(p.Dir, "log"))
	if err != nil {
		return err.Error()
	}
	return string(b)
}

// ended is the error of a process that ended while something was expected of it.
func (p *Process) ended() error {
	log := []byte(p.Log())
	return errors.New(p.Name + " ended: " + lastLines(bytes.TrimSpace(log), 15))
}

// writeFile writes a file and makes the directories above it.
func writeFile(name, content string) error {
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		return err
	}
	return os.WriteFile(name, []byte(content), 0o644)
}
