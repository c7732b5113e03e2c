//go:build interop

package real

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"syscall"
)

// ErrMissing is in the chain of an error that says what this machine lacks to run other people's software: Java,
// Maven, a network.
var ErrMissing = errors.New("is missing")

// Kit is the tools and the cache for fetching software.
type Kit struct {
	dir   string // the cache
	java  string
	javac string

	Java int // the release, such as 17
}

// minJava is the oldest Java that takes the module flags that the processes are given.
const minJava = 11

// Open finds Java and the cache directory, os.UserCacheDir()/oakmoot/interop.
func Open(ctx context.Context) (*Kit, error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		return nil, fmt.Errorf("a cache directory %w: %w", ErrMissing, err)
	}
	k := &Kit{dir: filepath.Join(cache, "oakmoot", "interop")}
	if k.java, err = exec.LookPath("java"); err != nil {
		return nil, fmt.Errorf("java %w: %w", ErrMissing, err)
	}
	if k.javac, err = exec.LookPath("javac"); err != nil {
		return nil, fmt.Errorf("javac, of a JDK, %w: %w", ErrMissing, err)
	}
	if k.Java, err = javaVersion(ctx, k.java); err != nil || k.Java < minJava {
		return nil, fmt.Errorf("java %d or newer %w: found %d (%v)", minJava, ErrMissing, k.Java, err)
	}
	return k, os.MkdirAll(k.dir, 0o755)
}

var versionWord = regexp.MustCompile(`version "(\d+)`)

func javaVersion(ctx context.Context, java string) (int, error) {
	out, err := exec.CommandContext(ctx, java, "-version").CombinedOutput()
	if err != nil {
		return 0, err
	}
	m := versionWord.FindSubmatch(out)
	if m == nil {
		return 0, fmt.Errorf("%q names no version", out)
	}
	return strconv.Atoi(string(m[1]))
}

// once has build make the directory name of the cache, unless it exists. If several processes want it, one builds; a
// failed build leaves nothing behind.
func (k *Kit) once(name string, build func(dir string) error) (string, error) {
	unlock, err := k.lock(name)
	if err != nil {
		return "", err
	}
	defer unlock()
	dir := filepath.Join(k.dir, name)
	if _, err := os.Stat(dir); err == nil {
		return dir, nil
	}
	unfinished := dir + ".unfinished"
	if err := os.RemoveAll(unfinished); err != nil {
		return "", err
	}
	if err := os.Mkdir(unfinished, 0o755); err != nil {
		return "", err
	}
	if err := build(unfinished); err != nil {
		return "", err
	}
	return dir, os.Rename(unfinished, dir)
}

// lock takes a lock of the cache, for which other processes may have to wait.
func (k *Kit) lock(name string) (unlock func(), err error) {
	lock, err := os.Create(filepath.Join(k.dir, name+".lock"))
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX); err != nil {
		return nil, errors.Join(fmt.Errorf("lock %s: %w", lock.Name(), err), lock.Close())
	}
	return func() { _ = lock.Close() }, nil // which gives it up
}
