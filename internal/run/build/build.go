// Package build says what the program was built from.
package build

import (
	"fmt"
	"runtime"
	"runtime/debug"
)

// Info is what the program was built from, as its builder noted it.
type Info struct {
	Version  string `json:"version"`          // of the module, or "devel"
	Commit   string `json:"commit,omitempty"` // of the sources
	Time     string `json:"time,omitempty"`   // of the commit
	Modified bool   `json:"modified"`         // the sources were not those of the commit
	Go       string `json:"go"`
	Platform string `json:"platform"`
}

// This is of the program that runs.
func This() Info {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		info = &debug.BuildInfo{}
	}
	return Of(info)
}

// Of is what a build says of itself.
func Of(info *debug.BuildInfo) Info {
	b := Info{Version: info.Main.Version, Go: runtime.Version(), Platform: runtime.GOOS + "/" + runtime.GOARCH}
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
func (b Info) String() string {
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
