package deepstore

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"oakmoot/internal/run/disk"
)

// place is a deep storage next to a directory that it must not touch.
type place struct {
	*Local
	outside string // holds precious/index.zip
	zip     string // of a segment inside
}

func newPlace(t *testing.T) place {
	t.Helper()
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	p := place{New(disk.OS{}, filepath.Join(dir, "segments")), filepath.Join(dir, "outside"), ""}
	seg, err := p.Push(t.Context(), segmentDir(t), wiki(0), false)
	if err != nil {
		t.Fatal(err)
	}
	at, err := parseLoadSpec(seg.LoadSpec)
	if err != nil {
		t.Fatal(err)
	}
	p.zip = at.Path
	write(t, filepath.Join(p.outside, "precious", "index.zip"), zipOf(t, files))
	write(t, filepath.Join(p.outside, "segments", "index.zip"), zipOf(t, files))
	return p
}

func (p place) link(t *testing.T, to, name string) {
	t.Helper()
	if err := os.Symlink(to, filepath.Join(p.Root(), name)); err != nil {
		t.Fatal(err)
	}
}

func TestNothingOutsideDeepStorageIsReadOrDeleted(t *testing.T) {
	for name, path := range map[string]func(p place) string{
		"absolute, elsewhere":        func(p place) string { return p.outside + "/precious/index.zip" },
		"upwards":                    func(p place) string { return p.Root() + "/../outside/precious/index.zip" },
		"down and upwards":           func(p place) string { return p.Root() + "/wiki/../../outside/precious/index.zip" },
		"a sibling of a like name":   func(p place) string { return p.Root() + "2/precious/index.zip" },
		"below a link out":           func(p place) string { return p.Root() + "/out/precious/index.zip" },
		"a link to a directory":      func(p place) string { return p.Root() + "/precious/index.zip" },
		"a relative link upwards":    func(p place) string { return p.Root() + "/up/outside/precious/index.zip" },
		"a link to a zip":            func(p place) string { return p.Root() + "/wiki/link.zip" },
		"a link to nothing":          func(p place) string { return p.Root() + "/wiki/dangling.zip" },
		"the storage itself":         func(p place) string { return p.Root() },
		"a zip beside the storage":   func(p place) string { return filepath.Dir(p.Root()) + "/index.zip" },
		"the root of all":            func(place) string { return "/index.zip" },
		"relative, from who runs us": func(place) string { return "outside/precious/index.zip" },
		"relative, upwards":          func(place) string { return "../outside/precious/index.zip" },
		"of a system":                func(place) string { return "/proc/self/fd/0.zip" },
	} {
		t.Run(name, func(t *testing.T) {
			p := newPlace(t)
			p.link(t, p.outside, "out")
			p.link(t, filepath.Join(p.outside, "precious"), "precious")
			p.link(t, "..", "up")
			p.link(t, filepath.Join(p.outside, "precious", "index.zip"), "wiki/link.zip")
			p.link(t, filepath.Join(p.outside, "none.zip"), "wiki/dangling.zip")
			before := allBelow(t, filepath.Dir(p.Root()))
			seg, into := wiki(0), t.TempDir()
			seg.LoadSpec = spec(t, path(p))
			if err := p.Kill(t.Context(), seg); err == nil || !strings.Contains(err.Error(), "kill wiki_") {
				t.Errorf("Kill: got %v, want a refusal that names the segment", err)
			}
			if err := p.Pull(t.Context(), seg.LoadSpec, into); err == nil || !strings.Contains(err.Error(), path(p)) {
				t.Errorf("Pull: got %v, want a refusal that names the path", err)
			}
			if got := contentOf(t, into); len(got) > 0 {
				t.Errorf("Pull has written %v", got)
			}
			if after := allBelow(t, filepath.Dir(p.Root())); after != before {
				t.Errorf("got files\n%s\nwant those from before\n%s", after, before)
			}
		})
	}
}

func allBelow(t *testing.T, dir string) string {
	t.Helper()
	var all []string
	err := filepath.WalkDir(dir, func(path string, _ os.DirEntry, err error) error {
		all = append(all, path)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(all, "\n")
}

// A path outside is refused as such, and the error says where inside is.
func TestRefusalNamesDeepStorage(t *testing.T) {
	p := newPlace(t)
	seg := wiki(0)
	seg.LoadSpec = spec(t, p.outside+"/precious/index.zip")
	var outside *OutsideError
	if err := p.Kill(t.Context(), seg); !errors.As(err, &outside) || outside.Root != p.Root() {
		t.Errorf("got %v, want an *OutsideError with root %s", err, p.Root())
	}
}

func TestKillOfAZipInTheRootDeletesNothing(t *testing.T) {
	p := newPlace(t)
	write(t, filepath.Join(p.Root(), "index.zip"), zipOf(t, files))
	before := allBelow(t, p.Root())
	seg := wiki(0)
	seg.LoadSpec = spec(t, filepath.Join(p.Root(), "index.zip"))
	if err := p.Kill(t.Context(), seg); err == nil || !strings.Contains(err.Error(), "directory of its own") {
		t.Errorf("got %v, want it refused", err)
	}
	if after := allBelow(t, p.Root()); after != before {
		t.Errorf("got files\n%s\nwant those from before\n%s", after, before)
	}
}

// A load spec that names a zip further up, or a segment that was pushed next to one with a unique path, does not take
// other segments with it.
func TestKillLeavesDirectoriesBelowTheSegments(t *testing.T) {
	p := newPlace(t)
	write(t, filepath.Join(p.Root(), "wiki", "index.zip"), zipOf(t, files))
	seg := wiki(0)
	seg.LoadSpec = spec(t, filepath.Join(p.Root(), "wiki", "index.zip"))
	if err := p.Kill(t.Context(), seg); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(p.Root(), "wiki", "index.zip")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the zip: got %v, want that it is gone", err)
	}
	if err := p.Pull(t.Context(), spec(t, p.zip), t.TempDir()); err != nil {
		t.Errorf("another segment: %v", err)
	}
}

// The root may be a link, or lie below one, and load specs may name either.
func TestDeepStorageMayBeReachedThroughLinks(t *testing.T) {
	p := newPlace(t)
	alias := filepath.Join(t.TempDir(), "alias")
	if err := os.Symlink(filepath.Dir(p.Root()), alias); err != nil {
		t.Fatal(err)
	}
	aliased := filepath.Join(alias, "segments", strings.TrimPrefix(p.zip, p.Root()))
	for name, l := range map[string]*Local{"real root": p.Local, "linked root": New(disk.OS{}, filepath.Join(alias, "segments"))} {
		for _, path := range []string{p.zip, aliased} {
			if err := l.Pull(t.Context(), spec(t, path), t.TempDir()); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
	seg := wiki(0)
	seg.LoadSpec = spec(t, aliased)
	if err := p.Kill(t.Context(), seg); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(p.Root(), "wiki")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("got %v, want the segment gone", err)
	}
}

func TestPushFollowsNoLinkOut(t *testing.T) {
	for _, link := range []string{"wiki", intermediate} {
		dir := t.TempDir()
		p := place{New(disk.OS{}, filepath.Join(dir, "segments")), filepath.Join(dir, "outside"), ""}
		write(t, filepath.Join(p.outside, "x"), nil)
		write(t, filepath.Join(p.Root(), "y"), nil)
		p.link(t, p.outside, link)
		if _, err := p.Push(t.Context(), segmentDir(t), wiki(0), false); err == nil {
			t.Errorf("%s leads out: got no error", link)
		}
		if got := contentOf(t, p.outside); len(got) != 1 {
			t.Errorf("%s leads out: got %v there, want nothing new", link, got)
		}
	}
}

func TestLogsFollowNoLinkOut(t *testing.T) {
	dir := t.TempDir()
	logs := NewLogs(disk.OS{}, filepath.Join(dir, "logs"))
	write(t, filepath.Join(dir, "secret"), []byte("secret"))
	write(t, filepath.Join(logs.dir, "x.log"), nil)
	if err := os.Symlink("../secret", filepath.Join(logs.dir, "task.log")); err != nil {
		t.Fatal(err)
	}
	if _, err := logs.OpenLog("task", 0); err == nil {
		t.Error("OpenLog: got a file outside")
	}
	for _, id := range []string{"../secret", "..", "", "a/b", "/etc/passwd", `..\secret`, "a\x00"} {
		if err := logs.PushLog(id, filepath.Join(dir, "secret")); err == nil && id != "" && id != ".." {
			t.Errorf("%q: got no error", id)
		}
	}
	if err := logs.KillOlderThan(time.Now().Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(dir, "secret")); err != nil {
		t.Errorf("the file outside: %v", err)
	}
}
