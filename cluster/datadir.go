package cluster

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"time"

	"oakmoot/internal/run/dirlock"
	"oakmoot/internal/run/disk"
	"oakmoot/internal/run/durable"
)

// dataFormat is the version of a data directory's layout; a directory of a newer
// one is refused.
const dataFormat = 1

// dataDir is the directory that holds everything a cluster keeps.
type dataDir struct {
	path      string
	temporary bool
	lock      *dirlock.Lock
}

// temporary is the directory of a run that keeps nothing.
type temporary struct {
	mu        sync.Mutex // guards the fields below
	path      string     // "" before it is made
	discarded bool       // none is made any more
}

// make makes the directory.
func (t *temporary) make() (string, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.discarded {
		return "", errors.New("the run is over")
	}
	var err error
	t.path, err = os.MkdirTemp("", "oakmoot-")
	return t.path, err
}

// discardTries is how often, discardPause apart, a directory is removed into which somebody
// may still be writing.
const (
	discardTries = 50
	discardPause = 20 * time.Millisecond
)

// discard removes the directory, even if somebody still writes to it.
func (t *temporary) discard() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.discarded = true
	for range discardTries {
		if t.path == "" {
			return
		}
		_ = os.RemoveAll(t.path) // what was written meanwhile goes in the next round
		time.Sleep(discardPause)
		if _, err := os.Lstat(t.path); errors.Is(err, fs.ErrNotExist) {
			return
		}
	}
}

// Discard removes the temporary directory of a run that nobody waits for any more, just
// before the process ends. A directory named by DataDir stays.
func (c *Cluster) Discard() { c.temp.discard() }

// openDataDir makes the directory, or opens it as it was left, and locks it.
func openDataDir(path string, temp *temporary) (*dataDir, error) {
	d := &dataDir{path: path, temporary: path == ""}
	if d.temporary {
		tmp, err := temp.make()
		if err != nil {
			return nil, &unavailable{fmt.Errorf("data directory: %w", err)}
		}
		d.path = tmp
	}
	abs, err := filepath.Abs(d.path)
	if err != nil {
		return nil, &unavailable{fmt.Errorf("data directory %s: %w", d.path, err)}
	}
	d.path = abs
	if err := os.MkdirAll(d.path, 0o755); err != nil {
		return nil, &unavailable{fmt.Errorf("data directory: %w", err)}
	}
	d.lock, err = dirlock.Acquire(d.path)
	if err != nil {
		return nil, &unavailable{fmt.Errorf("data directory %s: %w", d.path, err)}
	}
	if err := d.checkFormat(); err != nil {
		d.close()
		return nil, err
	}
	return d, nil
}

// checkFormat refuses a newer layout and writes the version into a fresh directory.
func (d *dataDir) checkFormat() error {
	file := d.file("format")
	text, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		if err := durable.Replace(disk.OS{}, file, fmt.Appendf(nil, "%d\n", dataFormat)); err != nil {
			return &unavailable{fmt.Errorf("data directory: %w", err)}
		}
		return nil
	}
	var format int
	if err == nil {
		_, err = fmt.Sscanf(string(text), "%d", &format)
	}
	if err != nil {
		return &unavailable{fmt.Errorf("data directory %s: its file %q does not hold the number of a format, which is %d: %w", d.path, "format", dataFormat, err)}
	}
	if format > dataFormat {
		return &unavailable{fmt.Errorf("data directory %s is of format %d, this oakmoot knows up to %d", d.path, format, dataFormat)}
	}
	return nil
}

func (d *dataDir) file(elem ...string) string {
	return filepath.Join(append([]string{d.path}, elem...)...)
}

// close unlocks the directory, and removes it when it was temporary.
func (d *dataDir) close() {
	d.lock.Release()
	if d.temporary {
		_ = os.RemoveAll(d.path) // it is in the system's temporary directory anyway
	}
}

// lastAddresses are the addresses of the previous run in this directory; nodes
// take them again, so that what they left in ZooKeeper is theirs again.
func (d *dataDir) lastAddresses() Addresses {
	var a Addresses
	if text, err := os.ReadFile(d.file("addresses.json")); err == nil {
		_ = json.Unmarshal(text, &a) // unreadable: treated as if there had been no previous run
	}
	return a
}

// keepAddresses remembers this run's addresses for the next one.
func (d *dataDir) keepAddresses(a Addresses) error {
	return writeJSONFile(d.file("addresses.json"), a)
}

// writeJSONFile replaces a file as a whole, so that no reader sees half of it.
func writeJSONFile(path string, v any) error {
	b, err := json.MarshalIndent(v, "", " ")
	if err != nil {
		return err
	}
	return durable.Replace(disk.OS{}, path, append(b, '\n'))
}
