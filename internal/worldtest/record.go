package worldtest

import (
	"context"
	"slices"
	"strings"
	"sync"
	"testing/synctest"

	"oakmoot/zkembed"
)

// Record is what was committed to ZooKeeper, in order.
type Record struct {
	mu      sync.Mutex // guards commits
	commits []zkembed.Commit
}

// Record follows the commits, from the first one on, until the test ends.
func (w *World) Record() *Record {
	r := &Record{}
	w.records = append(w.records, r)
	w.Background("the record", func(ctx context.Context) error {
		for c, err := range w.ZK.Commits(ctx, 0) {
			if err != nil {
				return err
			}
			r.mu.Lock()
			r.commits = append(r.commits, c)
			r.mu.Unlock()
		}
		return nil
	})
	return r
}

// Lines are the changes of nodes so far, as "kind path"; of the children of dirs, whose
// names differ from run to run, the path ends in NAME.
func (r *Record) Lines(dirs ...string) []string {
	lines := []string{}
	for _, c := range r.All() {
		if c.Path == "" {
			continue
		}
		path := c.Path
		for _, dir := range dirs {
			if strings.HasPrefix(path, dir+"/") {
				path = dir + "/NAME"
			}
		}
		lines = append(lines, string(c.Kind)+" "+path)
	}
	return lines
}

// All are the commits so far, once everybody in the bubble is at rest.
func (r *Record) All() []zkembed.Commit {
	synctest.Wait()
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.commits)
}
