//go:build interop

package real

import (
	"context"
	"embed"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
)

// programs are small programs that speak to fetched software, or with its libraries. Java compiles each as it starts.
//
//go:embed programs
var programs embed.FS

// Software is fetched jars that Java runs.
type Software struct {
	Name, Version string
	kit           *Kit
	lib           string
}

// software fetches artifacts, unless they are in the cache. The first one's version is that of the software.
func (k *Kit) software(ctx context.Context, name string, wanted ...artifact) (*Software, error) {
	version := wanted[0].version
	lib, err := k.once(strings.ToLower(name)+"-"+version, func(dir string) error { return fetchJars(ctx, dir, nil, wanted...) })
	if err != nil {
		return nil, fmt.Errorf("fetch %s %s: %w", name, version, err)
	}
	return &Software{name, version, k, lib}, nil
}

// launch starts a main class in dir; conf, a directory, comes first on the class path.
func (s *Software) launch(name, dir, heap, conf string, words ...string) (*Process, error) {
	p, err := launch(name, dir, nil, s.argv(heap, conf, words)...)
	if err != nil {
		return nil, err
	}
	p.Version = s.Version
	return p, nil
}

// Program starts one of the programs in dir: its source is programs/NAME.java.
func (s *Software) Program(name, dir string, args ...string) (*Process, error) {
	source, err := fs.ReadFile(programs, "programs/"+name+".java")
	if err != nil {
		return nil, err
	}
	file := filepath.Join(dir, name+".java")
	if err := writeFile(file, string(source)); err != nil {
		return nil, err
	}
	return s.launch(filepath.Base(dir), dir, "128m", dir, slices.Concat([]string{file}, args)...)
}

// argv is the command of a Java process that is small and quick to start.
func (s *Software) argv(heap, conf string, words []string) []string {
	return slices.Concat([]string{
		s.kit.java, "-Xms32m", "-Xmx" + heap, "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC",
		"-cp", conf + ":" + filepath.Join(s.lib, "*"),
	}, words)
}
