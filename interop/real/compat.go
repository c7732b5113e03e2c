//go:build interop

package real

import (
	"archive/zip"
	"bytes"
	"context"
	"embed"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// Druid 0.14 was made for Java 8. A jar that comes first on the class path mends what a newer Java refuses: it holds
// the JDK classes that are gone, under other names of the same length, and the Druid classes that used them, with the
// names changed. Nothing that talks to another process is touched.

//go:embed java
var compatSources embed.FS

// renamed are the strings in Druid's classes that change. Both sides have the same length, so they can be exchanged
// in a constant pool.
var renamed = []struct{ from, to string }{
	{"sun/misc/VM", "oak/misc/VM"},
	{"sun.misc.VM", "oak.misc.VM"},
	{"sun/misc/Cleaner", "oak/misc/Cleaner"},
	// A local variable whose name contains dots, from AspectJ: Java refuses the class (ClassFormatError), and the
	// coordinator never coordinates.
	{"org.apache.druid.server.coordinator.DruidCoordinator$this", "org_apache_druid_server_coordinator_DruidCoordinator$this"},
}

// makeCompatJar writes the jar from the embedded sources and the classes of the jars in lib.
func (k *Kit) makeCompatJar(ctx context.Context, lib, jar string) error {
	work, err := os.MkdirTemp("", "oakmoot-javac-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(work)
	if err := k.compile(ctx, work); err != nil {
		return err
	}
	out, err := os.Create(jar)
	if err != nil {
		return err
	}
	defer out.Close()
	w := zip.NewWriter(out)
	if err := w.AddFS(os.DirFS(filepath.Join(work, "classes"))); err != nil {
		return err
	}
	jars, err := filepath.Glob(filepath.Join(lib, "druid-*.jar"))
	if err != nil {
		return err
	}
	for _, j := range jars {
		if err := addRenamed(w, j); err != nil {
			return fmt.Errorf("%s: %w", j, err)
		}
	}
	return w.Close()
}

// compile compiles the embedded sources to work/classes.
func (k *Kit) compile(ctx context.Context, work string) error {
	if err := os.CopyFS(work, compatSources); err != nil {
		return err
	}
	args := []string{"-nowarn", "-source", "11", "-target", "11", "--add-exports", "java.base/jdk.internal.misc=ALL-UNNAMED", "-d", filepath.Join(work, "classes")}
	err := filepath.WalkDir(work, func(path string, _ fs.DirEntry, err error) error {
		if strings.HasSuffix(path, ".java") {
			args = append(args, path)
		}
		return err
	})
	if err != nil {
		return err
	}
	if out, err := exec.CommandContext(ctx, k.javac, args...).CombinedOutput(); err != nil {
		return fmt.Errorf("compile classes for Druid on a newer Java: %w\n%s", err, lastLines(out, 20))
	}
	return nil
}

// addRenamed adds those classes of a jar in which a name changes.
func addRenamed(w *zip.Writer, jar string) error {
	r, err := zip.OpenReader(jar)
	if err != nil {
		return err
	}
	defer r.Close()
	for _, f := range r.File {
		if !strings.HasSuffix(f.Name, ".class") || strings.HasSuffix(f.Name, "/ByteBufferUtils.class") {
			continue
		}
		before, err := fs.ReadFile(r, f.Name)
		if err != nil {
			return err
		}
		after := before
		for _, n := range renamed {
			after = bytes.ReplaceAll(after, []byte(n.from), []byte(n.to))
		}
		if bytes.Equal(before, after) {
			continue
		}
		entry, err := w.Create(f.Name)
		if err != nil {
			return err
		}
		if _, err := io.Copy(entry, bytes.NewReader(after)); err != nil {
			return err
		}
	}
	return nil
}
