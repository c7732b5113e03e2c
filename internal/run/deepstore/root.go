package deepstore

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"

	"oakmoot/internal/run/disk"
)

// OutsideError refuses a path that does not lie inside deep storage. Druid 0.14.0 takes any path that a load spec
// names, and a kill task deletes its directory, wherever it is.
type OutsideError struct{ Path, Root string }

func (e *OutsideError) Error() string {
	return fmt.Sprintf("[%s] is not inside deep storage [%s]", e.Path, e.Root)
}

// below turns a path of a load spec into one below the root. The root may be reached through links, as long as the
// path ends below it. It does not check links on the way: whoever uses the path opens it in an [disk.Root].
func (l *Local) below(path string) (string, error) {
	abs, err := filepath.Abs(filepath.FromSlash(path))
	if err != nil {
		return "", err
	}
	if rel, ok := inside(l.root, abs); ok {
		return rel, nil
	}
	realRoot, err := filepath.EvalSymlinks(l.root)
	if err != nil {
		return "", &OutsideError{path, l.root}
	}
	if rel, ok := inside(realRoot, abs); ok {
		return rel, nil
	}
	if dir, err := filepath.EvalSymlinks(filepath.Dir(abs)); err == nil {
		if rel, ok := inside(realRoot, filepath.Join(dir, filepath.Base(abs))); ok {
			return rel, nil
		}
	}
	return "", &OutsideError{path, l.root}
}

// inside is path relative to root, unless it is outside root or root itself.
func inside(root, path string) (string, bool) {
	rel, err := filepath.Rel(root, path)
	return rel, err == nil && rel != "." && filepath.IsLocal(rel)
}

// within runs f with the root and the load spec's path below it. Nothing that f does there can leave the root,
// whatever links are, or are put, on the way.
func (l *Local) within(path string, f func(root disk.Root, rel string) error) error {
	rel, err := l.below(path)
	if err != nil {
		return err
	}
	root, err := l.disk.OpenRoot(l.root)
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("[%s] does not exist: %w", path, err)
	}
	if err != nil {
		return err
	}
	defer root.Close()
	if _, err := root.Stat(rel); err != nil && !errors.Is(err, fs.ErrNotExist) {
		if !l.resolvesInside(rel) {
			return &OutsideError{path, l.root}
		}
		return fmt.Errorf("[%s] in deep storage [%s]: %w", path, l.root, err)
	}
	return f(root, rel)
}

// resolvesInside reports, for the wording of a refusal, whether a path lies inside deep storage once its links are followed.
func (l *Local) resolvesInside(rel string) bool {
	realRoot, err := filepath.EvalSymlinks(l.root)
	if err != nil {
		return false
	}
	resolved, err := filepath.EvalSymlinks(filepath.Join(realRoot, rel))
	if err != nil {
		return false
	}
	_, ok := inside(realRoot, resolved)
	return ok
}
