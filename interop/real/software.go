//go:build interop

package real

import (
	"cmp"
	"context"
	"embed"
	"fmt"
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
	opens         []string // packages of java.base that it looks into
	properties    []string // -D flags
}

// software fetches artifacts, unless they are in the cache. The first one's version is that of the software.
func (k *Kit) software(ctx context.Context, name string, wanted ...artifact) (*Software, error) {
	version := wanted[0].version
	lib, err := k.once(strings.ToLower(name)+"-"+version, func(dir string) error {
		unlock, err := k.lock("maven") // its repository is shared, and what these want overlaps
		if err != nil {
			return err
		}
		defer unlock()
		return fetchJars(ctx, dir, nil, wanted...)
	})
	if err != nil {
		return nil, fmt.Errorf("fetch %s %s: %w", name, version, err)
	}
	return &Software{Name: name, Version: version, kit: k, lib: lib}, nil
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

// Program starts one of the programs in dir: its source is programs/NAME.java. conf, unless it is empty, is a directory
// with the software's configuration.
func (s *Software) Program(name, dir, conf string, args ...string) (*Process, error) {
	return s.program(name, dir, "128m", cmp.Or(conf, dir), args...)
}

func (s *Software) program(name, dir, heap, conf string, args ...string) (*Process, error) {
	source, err := programs.ReadFile("programs/" + name + ".java")
	if err != nil {
		return nil, err
	}
	file := filepath.Join(dir, name+".java")
	if err := writeFile(file, string(source)); err != nil {
		return nil, err
	}
	return s.launch(filepath.Base(dir), dir, heap, conf, slices.Concat([]string{file}, args)...)
}

// argv is the command of a Java process that is small and quick to start.
func (s *Software) argv(heap, conf string, words []string) []string {
	flags := []string{s.kit.java, "-Xms32m", "-Xmx" + heap, "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC"}
	for _, pkg := range s.opens {
		flags = append(flags, "--add-opens=java.base/"+pkg+"=ALL-UNNAMED")
	}
	return slices.Concat(flags, s.properties, []string{"-cp", conf + ":" + filepath.Join(s.lib, "*")}, words)
}
