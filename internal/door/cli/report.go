package cli

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"os"
	"sync"

	"oakmoot/cluster"
	"oakmoot/internal/door/report"
	"oakmoot/internal/run/build"
)

// reports are the files of up --report. They are made before anything starts, so that no run is for nothing.
type reports struct {
	name string // of the topology

	mu  sync.Mutex // guards all, which whoever writes or gives up takes away
	all []reportFile
}

type reportFile struct {
	format report.Format
	file   *os.File
}

// openReports makes the files that KIND=FILE names.
func openReports(targets []string, name string) (*reports, error) {
	r := &reports{name: name}
	for _, target := range targets {
		format, file, err := report.ParseTarget(target)
		if err == nil {
			var f *os.File
			if f, err = os.Create(file); err == nil {
				r.all = append(r.all, reportFile{format, f})
				continue
			}
		}
		r.discard()
		return nil, &badInput{fmt.Errorf("--report %s: %w", target, err)}
	}
	return r, nil
}

// take hands out the files, once.
func (r *reports) take() []reportFile {
	r.mu.Lock()
	defer r.mu.Unlock()
	all := r.all
	r.all = nil
	return all
}

// discard removes the files of a run that does not start.
func (r *reports) discard() {
	for _, f := range r.take() {
		_ = f.file.Close()
		_ = os.Remove(f.file.Name())
	}
}

// write writes the reports of a run that has ended with an error, or with none.
func (r *reports) write(c *cluster.Cluster, err error) error {
	outcome := report.Held
	switch {
	case errors.Is(err, errInterrupted):
		outcome = report.Interrupted
	case errors.Is(err, cluster.ErrBroken):
		outcome = report.Broken
	case err != nil:
		outcome = report.Failed
	}
	files := r.take()
	if len(files) == 0 {
		return nil
	}
	return writeAll(files, report.New(r.name, outcome, err, build.This().Version, c.Story(), c.Verdict()))
}

// abandoned writes the reports of a run that nobody waits for any longer. It asks nothing of the cluster, which still runs.
func (r *reports) abandoned() {
	_ = writeAll(r.take(), report.New(r.name, report.Interrupted, errHurried, build.This().Version, cluster.Story{Topology: r.name}, cluster.Verdict{}))
}

// errHurried is why a report says nothing.
var errHurried = errors.New("interrupted twice; what the run came to is not known")

func writeAll(files []reportFile, r report.Report) (err error) {
	for _, f := range files {
		var b bytes.Buffer
		failed := f.format.Write(&b, r)
		if failed == nil {
			_, failed = f.file.Write(b.Bytes())
		}
		if failed = cmp.Or(failed, f.file.Close()); failed != nil {
			err = errors.Join(err, fmt.Errorf("report %s: %w", f.file.Name(), failed))
		}
	}
	return err
}
