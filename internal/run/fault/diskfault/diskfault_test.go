package diskfault

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"oakmoot/internal/run/disk"
	"oakmoot/internal/run/loop"
)

// place is a directory on a disk with faults.
type place struct {
	*testing.T
	faults *Disk
	disk   disk.Disk
	dir    string
}

func newPlace(t *testing.T) *place {
	d := New(disk.OS{}, rand.New(rand.NewPCG(1, 2)))
	return &place{t, d, d.Until(t.Context()), t.TempDir()}
}

func (p *place) path(name string) string { return filepath.Join(p.dir, filepath.FromSlash(name)) }

// glob is a pattern for names in the directory.
func (p *place) glob(pattern string) Rule {
	return Rule{Paths: []string{filepath.ToSlash(p.dir) + "/" + pattern}}
}

func (p *place) arm(e Effect, r Rule) *Armed {
	p.Helper()
	a, err := p.faults.Arm(e, r)
	if err != nil {
		p.Fatalf("Arm(%T): %v", e, err)
	}
	return a
}

func (p *place) write(name, content string) error {
	return disk.WriteFile(p.disk, p.path(name), []byte(content))
}

// put writes a file beneath the faults.
func (p *place) put(name, content string) {
	p.Helper()
	if err := os.WriteFile(p.path(name), []byte(content), 0o644); err != nil {
		p.Fatal(err)
	}
}

// content is what a file holds, beneath the faults.
func (p *place) content(name string) string {
	p.Helper()
	b, err := os.ReadFile(p.path(name))
	if err != nil {
		p.Fatal(err)
	}
	return string(b)
}

func (p *place) touched(a *Armed, want int) {
	p.Helper()
	if got := a.Touched(); got.Operations != want || len(got.Last) != min(want, lastNames) {
		p.Errorf("touched: got %+v, want %d operations", got, want)
	}
}

func (p *place) fails(err, want error) {
	p.Helper()
	if !errors.Is(err, want) {
		p.Errorf("got error %v, want %v", err, want)
	}
}

func TestFullDiskWritesWhatFitsAndNoMore(t *testing.T) {
	p := newPlace(t)
	a := p.arm(Full{Room: 10}, p.glob("**"))
	p.fails(p.write("a", "1234567"), nil)
	err := p.write("b", "abcdefg")
	p.fails(err, syscall.ENOSPC)
	if at := new(fs.PathError); !errors.As(err, &at) || at.Path != p.path("b") {
		t.Errorf("got error %v, want one that names the file", err)
	}
	if got := p.content("b"); got != "abc" {
		t.Errorf("the write that did not fit: got %q, want its beginning", got)
	}
	p.fails(p.write("c", "x"), syscall.ENOSPC)
	p.fails(p.disk.MkdirAll(p.path("d"), 0o755), syscall.ENOSPC)
	p.fails(p.disk.MkdirAll(p.dir, 0o755), nil)
	p.fails(disk.WriteFile(p.disk, filepath.Join(t.TempDir(), "elsewhere"), []byte("x")), nil)
	p.touched(a, 3)
	a.Undo()
	p.fails(p.write("b", "abcdefg"), nil)
}

func TestFullDiskCutsTheFirstWriteWhereChanceSays(t *testing.T) {
	p := newPlace(t)
	p.arm(Full{}, Rule{})
	long := strings.Repeat("x", 1000)
	p.fails(p.write("a", long), syscall.ENOSPC)
	if got := len(p.content("a")); got == 0 || got == len(long) {
		t.Errorf("got %d bytes of the first write, want a part", got)
	}
	p.fails(p.write("b", long), syscall.ENOSPC)
	if got := p.content("b"); got != "" {
		t.Errorf("got %d bytes of the second write, want none", len(got))
	}
}

// everything tries every operation, and returns the errors by name.
func (p *place) everything(open disk.File) map[string]error {
	_, readErr := disk.ReadFile(p.disk, p.path("there"))
	_, lookErr := p.disk.Stat(p.path("there"))
	_, listErr := p.disk.ReadDir(p.dir)
	_, writeErr := open.Write([]byte("x"))
	return map[string]error{
		"read": readErr, "stat": lookErr, "list": listErr, "write": writeErr, "sync": open.Sync(), "truncate": open.Truncate(1),
		"create": p.write("new", ""), "mkdir": p.disk.MkdirAll(p.path("dir"), 0o755),
		"rename": p.disk.Rename(p.path("there"), p.path("other")), "remove": p.disk.Remove(p.path("there")), "remove all": p.disk.RemoveAll(p.path("there")),
	}
}

func TestEachErrorComesFromItsOperationsOnly(t *testing.T) {
	changes := []string{"create", "mkdir", "remove", "remove all", "rename"}
	cases := map[string]struct {
		effect Effect
		err    error
		fail   []string
	}{
		"unwritable": {Unwritable{}, syscall.EACCES, changes},
		"read-only":  {ReadOnly{}, syscall.EROFS, append([]string{"truncate", "write"}, changes...)},
		"unreadable": {Unreadable{}, syscall.EIO, []string{"read"}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			p := newPlace(t)
			p.put("there", "content")
			f, err := disk.Append(p.disk, p.path("open"))
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			a := p.arm(c.effect, p.glob("**"))
			_, err = disk.ReadFile(p.disk, p.path("missing"))
			p.fails(err, fs.ErrNotExist)
			p.fails(p.disk.Remove(p.path("missing")), fs.ErrNotExist)
			p.fails(p.disk.MkdirAll(p.dir, 0o755), nil)
			for op, err := range p.everything(f) {
				if failed := errors.Is(err, c.err); failed != slices.Contains(c.fail, op) && !(errors.Is(err, fs.ErrNotExist) && op != "read") {
					t.Errorf("%s: got error %v, want %v of %v only", op, err, c.err, c.fail)
				}
			}
			p.touched(a, len(c.fail))
			a.Undo()
			p.put("there", "content")
			for op, err := range p.everything(f) {
				if err != nil && op != "remove" {
					t.Errorf("%s after Undo: %v", op, err)
				}
			}
		})
	}
}

func TestCorruptChangesTheFileItself(t *testing.T) {
	p := newPlace(t)
	whole := strings.Repeat("whole ", 20)
	p.put("a", whole)
	p.put("empty", "")
	r := p.glob("*")
	r.Times = 1
	a := p.arm(Corrupt{Bytes: 3}, r)
	if _, err := disk.ReadFile(p.disk, p.path("empty")); err != nil {
		t.Fatal(err)
	}
	p.touched(a, 0)
	got, err := disk.ReadFile(p.disk, p.path("a"))
	if err != nil || string(got) != p.content("a") {
		t.Errorf("read: got %q, %v, want what the disk holds", got, err)
	}
	differ := 0
	for i := range got {
		if got[i] != whole[i] {
			differ++
		}
	}
	if len(got) != len(whole) || differ == 0 || differ > 3 {
		t.Errorf("got %q, want %q with one to three other bytes", got, whole)
	}
	again, err := disk.ReadFile(p.disk, p.path("a"))
	if err != nil || !bytes.Equal(again, got) {
		t.Errorf("read again: got %q, %v, want the same", again, err)
	}
	p.touched(a, 1)
}

func TestVanishedFileIsGone(t *testing.T) {
	p := newPlace(t)
	for _, name := range []string{"a", "b", "kept"} {
		p.put(name, "x")
	}
	a := p.arm(Vanish{}, p.glob("[ab]"))
	_, err := disk.ReadFile(p.disk, p.path("a"))
	p.fails(err, fs.ErrNotExist)
	_, err = p.disk.Stat(p.path("b"))
	p.fails(err, fs.ErrNotExist)
	_, err = p.disk.Stat(p.path("kept"))
	p.fails(err, nil)
	p.touched(a, 2)
	if got := a.Touched().Last; !slices.Equal(got, []string{"open " + p.path("a"), "look " + p.path("b")}) {
		t.Errorf("last: got %q", got)
	}
}

func TestSlowOperationsWaitAndUndoEndsTheWait(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		d := New(disk.OS{}, rand.New(rand.NewPCG(1, 2)))
		ctx, end := context.WithCancel(t.Context())
		p := &place{t, d, d.Until(ctx), dir}
		took := func(f func() error) time.Duration {
			t.Helper()
			began := time.Now()
			p.fails(f(), nil)
			return time.Since(began)
		}
		write := func() error { return p.write("a", "x") }
		a := p.arm(Slow{By: time.Second, Jitter: time.Second, Ops: []disk.Op{disk.OpWrite}}, Rule{})
		if got := took(write); got < time.Second || got > 2*time.Second {
			t.Errorf("a slow write took %v, want 1s to 2s", got)
		}
		a.Undo()
		a = p.arm(Slow{By: time.Hour, Ops: []disk.Op{disk.OpWrite}}, Rule{})
		time.AfterFunc(time.Minute, a.Undo)
		if got := took(write); got != time.Minute {
			t.Errorf("a write that Undo lets go on took %v, want 1m", got)
		}
		p.arm(Slow{By: time.Hour}, Rule{})
		time.AfterFunc(time.Minute, end)
		if got, want := took(write), time.Minute+loop.Goodbyes; got != want {
			t.Errorf("a write of a process that ended meanwhile took %v, want %v", got, want)
		}
		if got := took(write); got != 0 {
			t.Errorf("a write of a process that has left took %v, want none", got)
		}
	})
}

func TestRuleSkipsCountsAndDraws(t *testing.T) {
	p := newPlace(t)
	r := p.glob("a")
	r.Skip, r.Times = 2, 3
	a := p.arm(Unwritable{}, r)
	var got []bool
	for range 8 {
		got = append(got, p.write("a", "") != nil)
		p.fails(p.write("b", ""), nil)
	}
	if want := []bool{false, false, true, true, true, false, false, false}; !slices.Equal(got, want) {
		t.Errorf("failures: got %v, want %v", got, want)
	}
	p.touched(a, 3)
	a.Undo()
	a.Undo()

	half := p.arm(Unwritable{}, Rule{Share: 0.5})
	failed := 0
	for range 1000 {
		if p.write("a", "") != nil {
			failed++
		}
	}
	if failed < 400 || failed > 600 {
		t.Errorf("with a share of one half %d of 1000 failed", failed)
	}
	p.touched(half, failed)
}

func TestGlobs(t *testing.T) {
	for _, c := range []struct {
		pattern, path string
		want          bool
	}{
		{"/a/*", "/a/b", true}, {"/a/*", "/a/b/c", false}, {"/a/**", "/a/b/c", true}, {"/a/**", "/a", true},
		{"/**/*.smoosh", "/a/b/00000.smoosh", true}, {"/**/*.smoosh", "/a/b/meta", false}, {"**", "/x", true},
		{"/a/**/c/**", "/a/b/b/c", true}, {"/a/**/c/**", "/a/b/b/d", false}, {"/a", "/a/b", false}, {"/a/b", "/a", false},
	} {
		if got := (&Rule{Paths: []string{c.pattern}}).means(c.path); got != c.want {
			t.Errorf("%s means %s: got %v, want %v", c.pattern, c.path, got, c.want)
		}
	}
}

func TestWrongFaultsAreRefused(t *testing.T) {
	d := New(disk.OS{}, rand.New(rand.NewPCG(1, 2)))
	for _, c := range []struct {
		effect Effect
		rule   Rule
		want   string
	}{
		{Unwritable{}, Rule{Paths: []string{"["}}, "pattern"}, {Unwritable{}, Rule{Skip: -1}, "skip -1"}, {Unwritable{}, Rule{Share: 2}, "share 2"},
		{Full{Room: -1}, Rule{}, "-1 bytes"}, {Slow{}, Rule{}, "slow by 0s"}, {Slow{By: 1, Ops: []disk.Op{"fly"}}, Rule{}, `"fly"`}, {Corrupt{Bytes: -1}, Rule{}, "-1 bytes"},
	} {
		if _, err := d.Arm(c.effect, c.rule); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("Arm(%#v, %+v): got error %v, want one with %q", c.effect, c.rule, err, c.want)
		}
	}
	if len(d.faults()) != 0 {
		t.Errorf("armed: got %d faults, want none", len(d.faults()))
	}
}

func TestRootIsBehindTheFaultsAndKeepsItsPathsInside(t *testing.T) {
	p := newPlace(t)
	a := p.arm(Unwritable{}, p.glob("in/**"))
	if err := os.MkdirAll(p.path("in"), 0o755); err != nil {
		t.Fatal(err)
	}
	r, err := p.disk.OpenRoot(p.path("in"))
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	p.fails(disk.WriteFile(r, "x", nil), syscall.EACCES)
	p.fails(r.MkdirAll("dir", 0o755), syscall.EACCES)
	a.Undo()
	p.fails(disk.WriteFile(r, "x", []byte("content")), nil)
	p.put("outside", "")
	if _, err := disk.Open(r, "../outside"); err == nil {
		t.Error("a root opened what is outside of it")
	}
	p.arm(Vanish{}, p.glob("in/x"))
	_, err = r.Stat("x")
	p.fails(err, fs.ErrNotExist)
}
