package build_test

import (
	"runtime"
	"runtime/debug"
	"testing"

	"oakmoot/internal/run/build"
)

func TestVersionSaysWhatTheProgramWasBuiltFrom(t *testing.T) {
	platform := runtime.Version() + " " + runtime.GOOS + "/" + runtime.GOARCH
	setting := func(key, value string) debug.BuildSetting { return debug.BuildSetting{Key: key, Value: value} }
	for want, info := range map[string]*debug.BuildInfo{
		"oakmoot devel, commit not noted, " + platform: {},
		"oakmoot v1.2.0, commit abc of 2026-01-02T03:04:05Z, " + platform: {
			Main:     debug.Module{Version: "v1.2.0"},
			Settings: []debug.BuildSetting{setting("vcs.revision", "abc"), setting("vcs.time", "2026-01-02T03:04:05Z"), setting("vcs.modified", "false")},
		},
		"oakmoot devel, commit abc with changes, " + platform: {
			Main:     debug.Module{Version: "(devel)"},
			Settings: []debug.BuildSetting{setting("vcs.revision", "abc"), setting("vcs.modified", "true")},
		},
	} {
		if got := build.Of(info).String(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
