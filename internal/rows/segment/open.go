package segment

import (
	"fmt"
	"path/filepath"
	"slices"

	"oakmoot/internal/druid"
	"oakmoot/internal/run/disk"
)

// Open reads the segment in dir into memory. The error for a missing or damaged file
// names it.
func Open(d disk.Disk, dir string) (*Segment, error) {
	s, err := open(d, dir)
	if err != nil {
		return nil, fmt.Errorf("open segment %s: %w", dir, err)
	}
	return s, nil
}

func open(from disk.Disk, dir string) (*Segment, error) {
	s, err := readFiles(func(name string) ([]byte, error) { return disk.ReadFile(from, filepath.Join(dir, name)) })
	if err != nil {
		return nil, err
	}
	s.fileSize, err = dirSize(from, dir)
	return s, err
}

func readFiles(file func(name string) ([]byte, error)) (*Segment, error) {
	version, err := file(versionFile)
	if err != nil {
		return nil, err
	}
	if d := (decoder{buf: version}); d.int32() != version9 || d.err != nil {
		return nil, fmt.Errorf("version.bin holds %x, only version 9 can be read", version)
	}
	files, err := openSmooshed(file)
	if err != nil {
		return nil, err
	}
	return read(files)
}

func dirSize(d disk.Disk, dir string) (int64, error) {
	entries, err := d.ReadDir(dir)
	if err != nil {
		return 0, err
	}
	size := int64(0)
	for _, e := range entries {
		info, err := e.Info()
		if err != nil {
			return 0, err
		}
		if info.Mode().IsRegular() {
			size += info.Size()
		}
	}
	return size, nil
}

// read makes a segment from its files.
func read(files smooshed) (*Segment, error) {
	index, err := parseIndex(files[indexFile])
	if err != nil {
		return nil, fmt.Errorf("%s: %w", indexFile, err)
	}
	timeColumn, err := files.column(TimeColumn, 0)
	if err != nil {
		return nil, err
	}
	times, ok := timeColumn.(LongColumn)
	if !ok {
		return nil, fmt.Errorf("column %q is of type %s, want %s", TimeColumn, timeColumn.Type(), Long)
	}
	var dims, metrics []Field
	for _, name := range index.dims {
		c, err := files.column(name, len(times))
		if err != nil {
			return nil, err
		}
		dims = append(dims, Field{name, c})
	}
	for _, name := range index.columns {
		if slices.Contains(index.dims, name) {
			continue
		}
		c, err := files.column(name, len(times))
		if err != nil {
			return nil, err
		}
		metrics = append(metrics, Field{name, c})
	}
	metadata, err := files.metadata()
	if err != nil {
		return nil, err
	}
	return New(index.interval, times, dims, metrics, metadata)
}

func (files smooshed) column(name string, rows int) (Column, error) {
	data, ok := files[name]
	if !ok {
		return nil, fmt.Errorf("column %q has no file", name)
	}
	c, err := readColumn(data, rows)
	if err != nil {
		return nil, fmt.Errorf("column %q: %w", name, err)
	}
	return c, nil
}

func (files smooshed) metadata() (*Metadata, error) {
	data, ok := files[metadataFile]
	if !ok {
		return nil, nil
	}
	return parseMetadata(data)
}

type index struct {
	columns, dims []string
	interval      druid.Interval
}

// parseIndex reads index.drd. The bitmap serde at its end may be missing; the columns
// repeat it.
func parseIndex(data []byte) (index, error) {
	d := &decoder{buf: data}
	var x index
	x.columns = d.strings()
	x.dims = d.strings()
	x.interval = druid.Interval{Start: druid.Timestamp(d.int64()), End: druid.Timestamp(d.int64())}
	return x, d.err
}
