package cluster

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/hashicorp/go-hclog"

	"oakmoot/internal/druid"
	"oakmoot/internal/run/disk"
	"oakmoot/internal/run/durable"
	"oakmoot/internal/run/metadata"
)

// locationFile says where the data directory was when it was last used. Load specs
// hold whole paths, as real Druid processes need them, so those of a directory that
// was copied or moved still lead to where it was.
const locationFile = "location"

// lastLocation is where the directory was when it was last used, "" when that is not known.
func (d *dataDir) lastLocation() string {
	if text, err := os.ReadFile(d.file(locationFile)); err == nil {
		if path := strings.TrimSuffix(string(text), "\n"); filepath.IsAbs(path) {
			return path
		}
	}
	return d.lastAddresses().Data
}

// settleIn makes the paths in the directory and the store point into the directory itself,
// not into the one that it is a copy of. A shared store is not the directory's own.
func (d *dataDir) settleIn(ctx context.Context, store *metadata.Store, shared bool, log hclog.Logger) error {
	if d.temporary {
		return nil
	}
	old := d.lastLocation()
	if old != "" && old != d.path {
		if err := (move{old, d.path}).follow(ctx, store, shared, log); err != nil {
			return fmt.Errorf("data directory %s, which was at %s: %w", d.path, old, err)
		}
	}
	if old == d.path {
		return nil
	}
	return durable.Replace(disk.OS{}, d.file(locationFile), []byte(d.path+"\n"))
}

// move is a directory's move from one path to another.
type move struct{ from, to string }

// follow changes the paths in the store and in files. A store that is shared may still
// be used from the old directory: it is left alone while that is there.
func (m move) follow(ctx context.Context, store *metadata.Store, shared bool, log hclog.Logger) error {
	if shared {
		if _, err := os.Stat(m.from); err == nil {
			log.Warn("the data directory is a copy, but the metadata store is not: its segments lie in the other one and cannot be loaded here",
				"data", m.to, "other", m.from)
			return nil
		}
	}
	rows, err := store.ChangePayloads(ctx, m.rewrite)
	if err != nil {
		return err
	}
	files, err := m.rewriteFiles()
	if err != nil {
		return err
	}
	log.Info("the data directory was elsewhere, what spoke of that speaks of this one now", "was", m.from, "is", m.to, "rows", rows, "files", files)
	return nil
}

// rewrite replaces the old path at the beginning of JSON strings in a text. What already
// has the new one keeps it, even if the new one lies inside the old one.
func (m move) rewrite(text []byte) []byte {
	from, to := inJSON(m.from), inJSON(m.to)
	var out []byte
	for rest := text; ; {
		at := bytes.Index(rest, from)
		if at < 0 {
			return append(out, rest...)
		}
		end := at + len(from)
		begins := at > 0 && rest[at-1] == '"' && (at < 2 || rest[at-2] != '\\')
		whole := end < len(rest) && bytes.IndexByte([]byte(`/\"`), rest[end]) >= 0
		settled := len(to) > len(from) && bytes.HasPrefix(rest[at:], to) && at+len(to) < len(rest) && bytes.IndexByte([]byte(`/\"`), rest[at+len(to)]) >= 0
		out = append(out, rest[:at]...)
		if begins && whole && !settled {
			out = append(out, to...)
		} else {
			out = append(out, from...)
		}
		rest = rest[end:]
	}
}

// inJSON is a text as it is written between the quotes of a JSON string.
func inJSON(text string) []byte {
	quoted, _ := druid.Marshal(filepath.ToSlash(text)) // a string can always be written
	return quoted[1 : len(quoted)-1]
}

// rewriteFiles changes the files of the new directory that hold load specs or tasks.
func (m move) rewriteFiles() (changed int, err error) {
	err = filepath.WalkDir(m.to, func(path string, e fs.DirEntry, err error) error {
		if err != nil || !e.Type().IsRegular() || !holdsPaths(path) {
			return err
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		now := m.rewrite(text)
		if bytes.Equal(now, text) {
			return nil
		}
		changed++
		return durable.Replace(disk.OS{}, path, now)
	})
	if errors.Is(err, fs.ErrNotExist) {
		err = nil
	}
	return changed, err
}

// holdsPaths reports whether a file belongs to deep storage, a segment cache or a worker's
// tasks, and so holds paths.
func holdsPaths(path string) bool {
	switch filepath.Base(path) {
	case "descriptor.json", "task.json":
		return true
	}
	switch filepath.Base(filepath.Dir(path)) {
	case "info_dir", "assignedTasks":
		return true
	}
	return false
}
