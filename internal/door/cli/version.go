package cli

import (
	"fmt"
	"runtime"
	"runtime/debug"
)

// build is what the program was built from, as its builder noted it.
type build struct {
	Version  string `json:"version"`          // of the module, or "devel"
	Commit   string `json:"commit,omitempty"` // of the sources
	Time     string `json:"time,omitempty"`   // of the commit
	Modified bool   `json:"modified"`         // the sources were not those of the commit
	Go       string `json:"go"`
	Platform string `json:"platform"`
}

func thisBuild() build {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		info = &debug.BuildInfo{}
	}
	return buildOf(info)
}

func buildOf(info *debug.BuildInfo) build {
	b := build{Version: info.Main.Version, Go: runtime.Version(), Platform: runtime.GOOS + "/" + runtime.GOARCH}
	if b.Version == "" || b.Version == "(devel)" {
		b.Version = "devel"
	}
	for _, s := range info.Settings {
		switch s.Key {
		case "vcs.revision":
			b.Commit = s.Value
		case "vcs.time":
			b.Time = s.Value
		case "vcs.modified":
			b.Modified = s.Value == "true"
		}
	}
	return b
}

// String is the build in a line: oakmoot devel, commit 7dec781 of 2026-11-30T17:00:00Z with changes, go1.26.8 linux/amd64.
func (b build) String() string {
	commit := "commit not noted"
	if b.Commit != "" {
		commit = "commit " + b.Commit
		if b.Time != "" {
			commit += " of " + b.Time
		}
		if b.Modified {
			commit += " with changes"
		}
	}
	return fmt.Sprintf("oakmoot %s, %s, %s %s", b.Version, commit, b.Go, b.Platform)
}

// versionCommand says what the program is.
type versionCommand struct {
	JSON bool `help:"Print as JSON."`
}

// Run prints the version, the commit and the Go that it was built with.
func (c *versionCommand) Run(s streams) error {
	if c.JSON {
		return printJSON(s.out, thisBuild())
	}
	fmt.Fprintln(s.out, thisBuild())
	return nil
}
