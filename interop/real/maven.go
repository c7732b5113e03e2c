//go:build interop

package real

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// artifact is a Maven artifact to fetch, along with its dependencies.
type artifact struct {
	group, name, version string
	without              []string // dependencies to leave out, as group:name
}

// fetchJars has Maven copy the artifacts and their run-time dependencies to dir. The boms settle the versions of
// dependencies, like a Maven import.
func fetchJars(ctx context.Context, dir string, boms []artifact, wanted ...artifact) error {
	mvn, err := exec.LookPath("mvn")
	if err != nil {
		return fmt.Errorf("maven %w: %w", ErrMissing, err)
	}
	work, err := os.MkdirTemp("", "oakmoot-maven-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(work)
	if err := os.WriteFile(filepath.Join(work, "pom.xml"), []byte(pom(boms, wanted)), 0o644); err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, mvn, "-q", "-B", "-ntp", "dependency:copy-dependencies", "-DincludeScope=runtime", "-DoutputDirectory="+dir)
	cmd.Dir = work
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%s from the Maven repository %w: %w\n%s", wanted[0].name, ErrMissing, err, lastLines(out, 20))
	}
	return nil
}

// pom is a project whose only purpose is to depend on the artifacts.
func pom(boms, wanted []artifact) string {
	var b strings.Builder
	b.WriteString(`<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>` +
		`<groupId>oakmoot</groupId><artifactId>interop</artifactId><version>1</version><packaging>pom</packaging>`)
	b.WriteString("<dependencyManagement><dependencies>")
	for _, a := range boms {
		fmt.Fprintf(&b, "<dependency>%s<type>pom</type><scope>import</scope></dependency>", a.coordinates())
	}
	b.WriteString("</dependencies></dependencyManagement><dependencies>")
	for _, a := range wanted {
		fmt.Fprintf(&b, "<dependency>%s<exclusions>", a.coordinates())
		for _, out := range a.without {
			group, name, _ := strings.Cut(out, ":")
			fmt.Fprintf(&b, "<exclusion><groupId>%s</groupId><artifactId>%s</artifactId></exclusion>", group, name)
		}
		b.WriteString("</exclusions></dependency>")
	}
	b.WriteString("</dependencies></project>")
	return b.String()
}

func (a artifact) coordinates() string {
	return fmt.Sprintf("<groupId>%s</groupId><artifactId>%s</artifactId><version>%s</version>", a.group, a.name, a.version)
}

// lastLines is the end of an output, which says what went wrong.
func lastLines(out []byte, n int) string {
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	return strings.Join(lines[max(0, len(lines)-n):], "\n")
}
