package segment

import (
	"encoding/json"
	"fmt"
	"path/filepath"

	"oakmoot/internal/druid"
	"oakmoot/internal/run/disk"
)

const (
	versionFile  = "version.bin"
	indexFile    = "index.drd"
	metadataFile = "metadata.drd"
	version9     = 9
)

// Write writes the segment's files into dir, which is created if need be. As in Java, a
// string dimension without any values gets no column.
func (s *Segment) Write(d disk.Disk, dir string, spec IndexSpec) error {
	e, err := spec.resolve()
	if err != nil {
		return fmt.Errorf("write segment: %w", err)
	}
	if err = d.MkdirAll(dir, 0o755); err == nil {
		err = s.write(e, func(name string, data []byte) error { return disk.WriteFile(d, filepath.Join(dir, name), data) })
	}
	if err != nil {
		return fmt.Errorf("write segment to %s: %w", dir, err)
	}
	return nil
}

// write hands on the segment's files, one after another.
func (s *Segment) write(e encoding, file func(name string, data []byte) error) error {
	if err := file(versionFile, putInt32(nil, version9)); err != nil {
		return err
	}
	if err := file("factory.json", []byte(`{"type":"mMapSegmentFactory"}`)); err != nil {
		return err
	}
	out := &smoosher{write: file}
	dims := s.writtenDimensions()
	columns := append([]string{TimeColumn}, s.metrics...)
	for _, name := range append(columns, dims...) {
		if err := writeColumn(out, e, name, s.Column(name)); err != nil {
			return err
		}
	}
	if err := out.add(indexFile, s.appendIndex(nil, e, dims)); err != nil {
		return err
	}
	if err := s.writeMetadata(out); err != nil {
		return err
	}
	return out.close()
}

func writeColumn(out *smoosher, e encoding, name string, c Column) error {
	data, err := appendColumn(nil, e, c)
	if err != nil {
		return fmt.Errorf("column %q: %w", name, err)
	}
	return out.add(name, data)
}

func (s *Segment) writtenDimensions() []string {
	var dims []string
	for _, name := range s.dims {
		if c, ok := s.columns[name].(*StringColumn); !ok || !c.onlyNull() {
			dims = append(dims, name)
		}
	}
	return dims
}

// appendIndex writes index.drd: the names of all columns and of the dimensions,
// the interval, and the kind of bitmaps.
func (s *Segment) appendIndex(b []byte, e encoding, dims []string) []byte {
	columns := append(append([]string(nil), s.metrics...), dims...)
	b = appendStrings(b, ascending(columns), columns)
	b = appendStrings(b, ascending(dims), dims)
	b = putInt64(b, int64(s.interval.Start))
	b = putInt64(b, int64(s.interval.End))
	return putString(b, e.bitmaps.serde())
}

func (s *Segment) writeMetadata(out *smoosher) error {
	if s.metadata == nil {
		return nil
	}
	data, err := druid.Marshal(s.metadata)
	if err != nil {
		return fmt.Errorf("%s: %w", metadataFile, err)
	}
	return out.add(metadataFile, data)
}

func parseMetadata(data []byte) (*Metadata, error) {
	var m Metadata
	if err := json.Unmarshal(data, &m); err != nil {
		return nil, fmt.Errorf("%s: %w", metadataFile, err)
	}
	return &m, nil
}
