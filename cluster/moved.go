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

	"oakmoot/internal/druid"
	"oakmoot/internal/run/durable"
)

// locationFile says where the data directory was when it was last used. Load specs
// hold whole paths, as real Druid processes need them, so those of a directory that
// was copied or moved still lead to where it was.
const locationFile = "location"

// lastLocation is where the directory was when it was last used, "" when nobody knows.
func (d *dataDir) lastLocation() string {
	if text, err := os.ReadFile(d.file(locationFile)); err == nil {
		if path := strings.TrimSuffix(string(text), "\n"); filepath.IsAbs(path) {
			return path
		}
	}
	return d.lastAddresses().Data
}

// settleIn has what the directory holds speak of itself and not of the directory that
// it is a copy of.
func (c *Cluster) settleIn(ctx context.Context) error {
	if c.dir.temporary {
		return nil
	}
	old := c.dir.lastLocation()
	if old != "" && old != c.dir.path {
		if err := c.follow(ctx, move{old, c.dir.path}); err != nil {
			return fmt.Errorf("data directory %s, which was at %s: %w", c.dir.path, old, err)
		}
	}
	if old == c.dir.path {
		return nil
	}
	return durable.Replace(c.dir.file(locationFile), []byte(c.dir.path+"\n"))
}

// follow changes the paths in the store and in files. A store that is shared may still
// be used from the old directory: it is left alone while that is there.
func (c *Cluster) follow(ctx context.Context, m move) error {
	if c.topo.Metadata.Kind == "postgresql" {
		if _, err := os.Stat(m.from); err == nil {
			c.log.Warn("the data directory is a copy, but the metadata store is not: its segments lie in the other one and cannot be loaded here",
				"data", m.to, "other", m.from)
			return nil
		}
	}
	rows, err := c.store.ChangePayloads(ctx, m.rewrite)
	if err != nil {
		return err
	}
	files, err := m.rewriteFiles()
	if err != nil {
		return err
	}
	c.log.Info("the data directory was elsewhere, what spoke of that speaks of this one now", "was", m.from, "is", m.to, "rows", rows, "files", files)
	return nil
}

// move is a directory's way from one path to another.
type move struct{ from, to string }

// rewrite replaces the old path at the beginning of JSON strings in a text. What has
// the new one already keeps it, also when the new one lies in the old one.
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
	quoted, _ := druid.Marshal(filepath.ToSlash(text)) // a string has always a form
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
		return durable.Replace(path, now)
	})
	if errors.Is(err, fs.ErrNotExist) {
		err = nil
	}
	return changed, err
}

// holdsPaths tells the files of deep storage, of a segment cache and of a worker's tasks.
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
