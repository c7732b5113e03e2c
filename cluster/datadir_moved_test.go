package cluster_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"oakmoot/cluster"
	"oakmoot/control"
)

// copyOf copies a directory and everything in it.
func copyOf(t *testing.T, dir, name string) string {
	t.Helper()
	to := filepath.Join(filepath.Dir(dir), name)
	if err := os.CopyFS(to, os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	return to
}

// listing is every file below a directory, with its size.
func listing(t *testing.T, dir string) string {
	t.Helper()
	var all []string
	err := filepath.WalkDir(dir, func(path string, _ fs.DirEntry, err error) error {
		all = append(all, path)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(all, "\n")
}

// naming are the files below a directory in which a text occurs, except ZooKeeper's log
// of the past.
func naming(t *testing.T, dir, text string) (files []string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || !e.Type().IsRegular() || strings.HasPrefix(path, filepath.Join(dir, "zookeeper")+"/") {
			return err
		}
		content, err := os.ReadFile(path)
		if strings.Contains(string(content), text) && !strings.HasPrefix(e.Name(), "metadata.db") {
			files = append(files, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func TestCopiedDataDirectoryReadsAndDeletesOnlyItself(t *testing.T) {
	original := filepath.Join(t.TempDir(), "original")
	topo := cluster.Quickstart()
	topo.Streams = nil
	t.Run("original", func(t *testing.T) {
		c := cluster.RunT(t, topo, cluster.DataDir(original))
		await(t, c, allServed+" and tasks(SUCCESS) == 1", 5*time.Minute)
	})
	before := listing(t, original)
	t.Run("copy", func(t *testing.T) {
		dir := copyOf(t, original, "first copy")
		if err := os.RemoveAll(filepath.Join(dir, "nodes")); err != nil { // the segment cache: everything is pulled again
			t.Fatal(err)
		}
		c := cluster.RunT(t, topo, cluster.DataDir(dir), control.On("127.0.0.1:0", ""))
		await(t, c, allServed, 5*time.Minute)
		request(t, c, "DELETE", "/druid/coordinator/v1/datasources/flights", "")
		await(t, c, "used(flights) == 0", 5*time.Minute)
		request(t, c, "POST", "/druid/indexer/v1/task", `{"type":"kill","id":"k","dataSource":"flights","interval":"2000/2100"}`)
		await(t, c, "tasks(SUCCESS) == 2", 5*time.Minute)
		if found, err := filepath.Glob(filepath.Join(dir, "segments", "flights", "*")); err != nil || len(found) > 0 {
			t.Errorf("got %v, %v in the copy; want its segments deleted", found, err)
		}
	})
	if after := listing(t, original); after != before {
		t.Errorf("the original has become\n%s\nwant\n%s", after, before)
	}
	t.Run("without the original", func(t *testing.T) {
		dir := copyOf(t, original, "second copy")
		if err := os.RemoveAll(original); err != nil {
			t.Fatal(err)
		}
		c := cluster.RunT(t, topo, cluster.DataDir(dir))
		await(t, c, allServed+" and tasks(SUCCESS) == 1", 5*time.Minute)
		if found := naming(t, dir, original); len(found) > 0 {
			t.Errorf("files that still name the original: %v", found)
		}
	})
}
