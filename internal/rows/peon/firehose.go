package peon

import (
	"compress/bzip2"
	"compress/gzip"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"
	"regexp"
	"strings"

	"oakmoot/internal/druid"
	"oakmoot/internal/run/disk"
)

// connect opens the firehose's input, one file after another, and has use read each to
// its end. A task may do so twice.
func connect(d disk.Disk, f druid.Firehose, use func(io.Reader) error) error {
	switch f.Type {
	case "local":
		return readFiles(d, f.BaseDir, f.Filter, use)
	case "inline":
		return use(strings.NewReader(f.Data))
	}
	return &exception{illegalArgument, fmt.Sprintf("firehose type %s cannot be connected here", f.Type), nil, nil}
}

// readFiles opens the files below a directory whose names match a wildcard, in order of
// their paths: LocalFirehoseFactory of Druid.
func readFiles(d disk.Disk, baseDir, filter string, use func(io.Reader) error) error {
	files, err := listFiles(d, baseDir, filter)
	if err != nil {
		return err
	}
	for _, file := range files {
		if err := readFile(d, file, use); err != nil {
			return err
		}
	}
	return nil
}

func listFiles(d disk.Disk, baseDir, filter string) ([]string, error) {
	if info, err := d.Stat(baseDir); err != nil || !info.IsDir() {
		return nil, &exception{illegalArgument, "Parameter 'directory' is not a directory: " + baseDir, err, nil}
	}
	wildcard, err := wildcardPattern(filter)
	if err != nil {
		return nil, err
	}
	var files []string
	err = disk.WalkDir(d, baseDir, func(path string, e fs.DirEntry, err error) error {
		if err == nil && !e.IsDir() && wildcard.MatchString(e.Name()) {
			files = append(files, path)
		}
		return err
	})
	return files, err
}

// wildcardPattern is WildcardFileFilter of Commons IO, in which only * and ? are
// special.
func wildcardPattern(filter string) (*regexp.Regexp, error) {
	if filter == "" {
		return nil, &exception{illegalArgument, "The wildcard must not be null", nil, nil}
	}
	quoted := regexp.QuoteMeta(filter)
	quoted = strings.ReplaceAll(quoted, `\*`, `.*`)
	quoted = strings.ReplaceAll(quoted, `\?`, `.`)
	return regexp.Compile(`(?s)^` + quoted + `$`)
}

func readFile(d disk.Disk, file string, use func(io.Reader) error) error {
	f, err := disk.Open(d, file)
	if err != nil {
		return err
	}
	defer f.Close()
	in, err := decompress(f, file)
	if err != nil {
		return fmt.Errorf("read %s: %w", file, err)
	}
	return use(in)
}

// decompress decompresses a file according to its name.
func decompress(r io.Reader, name string) (io.Reader, error) {
	switch filepath.Ext(name) {
	case ".gz":
		return gzip.NewReader(r)
	case ".bz2":
		return bzip2.NewReader(r), nil
	}
	return r, nil
}
