package realtime

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"oakmoot/internal/druid"
	"oakmoot/internal/rows/segment"
	"oakmoot/internal/run/disk"
	"oakmoot/internal/run/durable"
)

// Names in a sink's directory besides the numbers of its hydrants.
const (
	mergedDir    = "merged"
	pushedMarker = "isPushedMarker"
	commitFile   = "commit.json"
)

// sinkStore is a department's directory: basePersistDirectory/dataSource, with a
// directory for each sink, named by its interval.
type sinkStore struct {
	disk       disk.Disk
	base       string
	dataSource string
}

func (s sinkStore) root() string { return filepath.Join(s.base, s.dataSource) }

func (s sinkStore) sinkDir(i druid.Interval) string {
	return filepath.Join(s.root(), strings.ReplaceAll(i.String(), "/", "_"))
}

// commit says which hydrants hold the rows up to a position of the firehose.
type commit struct {
	Position position        `json:"position"`
	Newest   druid.Timestamp `json:"newest"`   // of the rows so far, when the rejection policy goes by it
	Hydrants map[string]int  `json:"hydrants"` // how many, by the sink directory's name
}

// writeCommit makes the persisted hydrants and the position take effect together.
func (s sinkStore) writeCommit(c commit) error {
	data, err := druid.Marshal(c)
	if err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	if err := s.disk.MkdirAll(s.root(), 0o755); err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	if err := durable.Replace(s.disk, s.commitFile(), data); err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	return nil
}

func (s sinkStore) commitFile() string { return filepath.Join(s.root(), commitFile) }

// readCommit returns the last commit; known is false when there is none. A file without
// one is a *damagedCommit.
func (s sinkStore) readCommit() (c commit, known bool, err error) {
	data, err := disk.ReadFile(s.disk, s.commitFile())
	if errors.Is(err, fs.ErrNotExist) {
		return c, false, nil
	}
	if err != nil {
		return c, false, fmt.Errorf("read commit: %w", err)
	}
	if err := json.Unmarshal(data, &c); err != nil {
		return commit{}, false, &damagedCommit{s.commitFile(), err}
	}
	if c.Hydrants == nil || c.Position.Records < 0 {
		return commit{}, false, &damagedCommit{s.commitFile(), errors.New("it names no hydrants or no position")}
	}
	return c, true, nil
}

// damagedCommit is a commit file that cannot be read.
type damagedCommit struct {
	path string
	err  error
}

func (e *damagedCommit) Error() string { return e.path + ": " + e.err.Error() }

// restored is a sink as found on disk.
type restored struct {
	interval druid.Interval
	dir      string
	hydrants []*hydrant
	pushed   bool
	lost     []error // hydrants that could not be read
}

// restore finds the sinks that were persisted: RealtimePlumber.bootstrapSinksFromDisk.
// With limits, which come from a firehose that will replay the rows, uncommitted
// hydrants are deleted. A directory without hydrants is no sink.
func (s sinkStore) restore(limits map[string]int) ([]restored, error) {
	entries, err := s.disk.ReadDir(s.root())
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("restore sinks: %w", err)
	}
	var all []restored
	for _, e := range entries {
		interval, err := druid.ParseInterval(strings.ReplaceAll(e.Name(), "_", "/"))
		if !e.IsDir() || err != nil {
			continue
		}
		r := restored{interval: interval, dir: filepath.Join(s.root(), e.Name())}
		limit := -1
		if limits != nil {
			limit = limits[e.Name()]
		}
		if err := s.restoreHydrants(&r, limit); err != nil {
			return nil, fmt.Errorf("restore sink %s: %w", r.dir, err)
		}
		r.pushed = disk.Exists(s.disk, filepath.Join(r.dir, pushedMarker))
		if len(r.hydrants) > 0 || len(r.lost) > 0 {
			all = append(all, r)
		}
	}
	return all, nil
}

func (s sinkStore) restoreHydrants(r *restored, limit int) error {
	entries, err := s.disk.ReadDir(r.dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		number, err := strconv.Atoi(e.Name())
		if err != nil {
			continue
		}
		dir := filepath.Join(r.dir, e.Name())
		if limit >= 0 && number >= limit {
			if err := s.disk.RemoveAll(dir); err != nil {
				return err
			}
			continue
		}
		rows, err := segment.Open(s.disk, dir)
		if err != nil {
			r.lost = append(r.lost, err)
			if err := s.setAside(dir); err != nil {
				return err
			}
			continue
		}
		r.hydrants = append(r.hydrants, &hydrant{number: number, rows: rows, frozen: true, onDisk: true})
	}
	slices.SortFunc(r.hydrants, func(a, b *hydrant) int { return a.number - b.number })
	return nil
}

// setAside moves what cannot be read to the directory corrupted, beside the
// datasource's.
func (s sinkStore) setAside(dir string) error {
	rel, err := filepath.Rel(s.base, dir)
	if err != nil {
		return err
	}
	to := filepath.Join(s.base, "corrupted", rel)
	if err := s.disk.MkdirAll(filepath.Dir(to), 0o755); err != nil {
		return err
	}
	if err := s.disk.RemoveAll(to); err != nil {
		return err
	}
	return s.disk.Rename(dir, to)
}

// persist writes a hydrant under its number. It appears there completely or not at all,
// and durably: a durable commit will name it. After a failure persist may be called again,
// and does only what has not been done.
func (s sinkStore) persist(h *hydrant, dir string, spec segment.IndexSpec) error {
	final := filepath.Join(dir, hydrantName(h.number))
	err := s.place(h, final, spec)
	if err == nil {
		err = disk.SyncDir(s.disk, dir)
	}
	if err != nil {
		return fmt.Errorf("persist %s: %w", final, err)
	}
	return nil
}

// place writes a hydrant's files and gives their directory its name, once.
func (s sinkStore) place(h *hydrant, final string, spec segment.IndexSpec) error {
	if h.placed {
		return nil
	}
	unfinished := final + ".tmp"
	err := s.disk.RemoveAll(unfinished)
	if err == nil {
		err = h.index.Persist(s.disk, unfinished, spec)
	}
	if err == nil {
		err = durable.Tree(s.disk, unfinished)
	}
	if err == nil {
		err = s.disk.Rename(unfinished, final)
	}
	h.placed = err == nil
	return err
}
