package middlemanager

import (
	"context"
	"errors"
	"fmt"
	"net"
	"path/filepath"
	"runtime/debug"
	"strconv"

	"github.com/hashicorp/go-hclog"

	"oakmoot/internal/druid"
	"oakmoot/internal/rows/peon"
	"oakmoot/internal/run/deepstore"
	"oakmoot/internal/run/dirlock"
	"oakmoot/internal/run/disk"
	"oakmoot/internal/run/node"
)

// attempt is one try at one task, with the files of ForkingTaskRunner: task.json,
// log and lock in the task's directory, status.json and report.json in the
// attempt's. It runs beside the loop and shares nothing with it.
type attempt struct {
	cfg      peon.Config // its own port follows once that is open
	listen   func(context.Context) (net.Listener, error)
	located  func(druid.TaskLocation)
	logs     *deepstore.Logs
	taskDir  string
	dir      string
	logFile  string
	errorLog hclog.Logger // the worker's
}

// run carries the attempt out and removes its files, unless the worker stops and
// the next incarnation may want them. It does not panic. A task fails when its log cannot
// be written or stored, or its status cannot be written, whatever it has done before: so
// ForkingTaskRunner has it, to which the exception is the end of the peon.
func (a attempt) run(ctx context.Context) druid.TaskStatus {
	status, err := a.tryRun(ctx)
	if err != nil {
		a.errorLog.Error("peon failed", "error", err)
		status = failed(a.cfg.Task.ID)
	}
	if !errors.Is(context.Cause(ctx), errStopping) {
		if err := a.cfg.Disk.RemoveAll(a.taskDir); err != nil {
			a.errorLog.Error("task directory not removed", "error", err)
		}
	}
	return status
}

func (a attempt) tryRun(ctx context.Context) (druid.TaskStatus, error) {
	status := failed(a.cfg.Task.ID)
	if err := a.cfg.Disk.MkdirAll(a.dir, 0o755); err != nil {
		return status, fmt.Errorf("attempt directory: %w", err)
	}
	lock, err := dirlock.Acquire(a.taskDir)
	if err != nil {
		return status, err
	}
	defer lock.Release()
	if err := disk.WriteFile(a.cfg.Disk, filepath.Join(a.taskDir, "task.json"), a.cfg.Task.JSON); err != nil {
		return status, err
	}
	status, err = a.runLogged(ctx)
	return status, errors.Join(err, a.push())
}

// push stores log and report, which outlive the task.
func (a attempt) push() error {
	id := a.cfg.Task.ID
	err := a.logs.PushLog(id, a.logFile)
	report := filepath.Join(a.dir, "report.json")
	if disk.Exists(a.cfg.Disk, report) {
		err = errors.Join(err, a.logs.PushReport(id, report))
	}
	return err
}

// runLogged runs the peon with the task's log file as its output.
func (a attempt) runLogged(ctx context.Context) (status druid.TaskStatus, err error) {
	status = failed(a.cfg.Task.ID)
	out, err := disk.Append(a.cfg.Disk, a.logFile)
	if err != nil {
		return status, err
	}
	defer func() { err = errors.Join(err, out.Close()) }()
	ctx, end := context.WithCancelCause(ctx)
	defer end(nil)
	log := &taskLog{to: out, end: end}
	a.cfg.Log = hclog.New(&hclog.LoggerOptions{Name: "peon", Level: hclog.Info, Output: log})
	a.cfg.Log.Info("running task", "task", a.cfg.Task.ID, "type", a.cfg.Task.Type, "attempt", filepath.Base(a.dir))

	ln, err := a.listen(ctx)
	if err != nil {
		return status, fmt.Errorf("open the peon's port: %w", err)
	}
	if a.cfg.Self.PlaintextPort, err = portOf(ln); err != nil {
		ln.Close()
		return status, err
	}
	p := peon.New(a.cfg)
	defer node.Stage(ctx, a.served, func(ctx context.Context) error { return node.ServeOn(ctx, ln, a.cfg.Env, p) })()
	a.located(druid.TaskLocation{Host: a.cfg.Self.Host, Port: a.cfg.Self.PlaintextPort, TLSPort: -1})

	if result, ok := runPeon(ctx, p, a.cfg.Log); ok {
		status = result
	}
	return status, errors.Join(a.keep(p, status), log.failure())
}

// served reports how the peon's HTTP ended.
func (a attempt) served(err error) {
	if err != nil {
		a.errorLog.Error("peon's HTTP ended", "error", err)
	}
}

// runPeon runs the task. It is not ok when there is no result, as when a process was
// killed or crashed: a panic ends the task and not the worker.
func runPeon(ctx context.Context, p *peon.Peon, log hclog.Logger) (status druid.TaskStatus, ok bool) {
	defer func() {
		if cause := recover(); cause != nil {
			log.Error("task panicked", "panic", fmt.Sprint(cause), "stack", string(debug.Stack()))
			ok = false
		}
	}()
	status, err := p.Run(ctx)
	if err != nil {
		log.Error("task was stopped", "error", err)
		return status, false
	}
	log.Info("task completed", "status", status.Status)
	return status, true
}

// keep writes status.json and, if the task made one, report.json. A report that cannot be
// written is not stored, and the task is none the worse for it: TaskReportFileWriter.
func (a attempt) keep(p *peon.Peon, status druid.TaskStatus) error {
	data, err := druid.Marshal(status)
	if err != nil {
		return err
	}
	if report := p.Report(); report != nil {
		file := filepath.Join(a.dir, "report.json")
		if err := disk.WriteFile(a.cfg.Disk, file, report); err != nil {
			a.cfg.Log.Error("task report not written", "error", errors.Join(err, a.cfg.Disk.Remove(file)))
		}
	}
	return disk.WriteFile(a.cfg.Disk, filepath.Join(a.dir, "status.json"), data)
}

// portOf is the port that a listener was given.
func portOf(ln net.Listener) (int, error) {
	_, port, err := net.SplitHostPort(ln.Addr().String())
	if err != nil {
		return 0, fmt.Errorf("the peon's address: %w", err)
	}
	return strconv.Atoi(port)
}
