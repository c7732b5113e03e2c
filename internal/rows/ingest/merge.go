package ingest

import (
	"encoding/json"
	"fmt"
	"slices"

	"oakmoot/internal/druid"
	"oakmoot/internal/rows/segment"
	"oakmoot/internal/run/disk"
)

// Merge merges persisted segments into one, and writes it to out:
// IndexMergerV9.mergeQueryableIndex. The aggregators are those that the segments were
// made with; with rollup, rows of the same time and dimensions are combined. The dirs
// are only read.
func Merge(d disk.Disk, dirs []string, aggregators []Aggregator, rollup bool, out string, spec segment.IndexSpec) (*segment.Segment, error) {
	if len(dirs) == 0 {
		return nil, fmt.Errorf("merge into %s: nothing to merge", out)
	}
	parts := make([]*segment.Segment, len(dirs))
	for i, dir := range dirs {
		var err error
		if parts[i], err = segment.Open(d, dir); err != nil {
			return nil, fmt.Errorf("merge into %s: %w", out, err)
		}
	}
	merged, err := MergeSegments(parts, aggregators, rollup)
	if err != nil {
		return nil, fmt.Errorf("merge into %s: %w", out, err)
	}
	return merged, merged.Write(d, out, spec)
}

// MergeSegments is Merge in memory.
func MergeSegments(parts []*segment.Segment, aggregators []Aggregator, rollup bool) (*segment.Segment, error) {
	schema := &Schema{Rollup: rollup}
	for _, a := range aggregators {
		schema.Aggregators = append(schema.Aggregators, a.combining())
	}
	interval := parts[0].Interval()
	for _, p := range parts {
		interval.Start = min(interval.Start, p.Interval().Start)
		interval.End = max(interval.End, p.Interval().End)
	}
	var err error
	if schema.dims, err = mergedDimensions(parts); err != nil {
		return nil, err
	}
	x := NewIncremental(schema, interval)
	for _, p := range parts {
		if err := x.addSegment(p); err != nil {
			return nil, err
		}
	}
	metadata, err := mergedMetadata(schema, parts)
	if err != nil {
		return nil, err
	}
	return x.build(metadata)
}

// mergedMetadata is the first part's metadata, with the containers of all:
// Metadata.merge.
func mergedMetadata(schema *Schema, parts []*segment.Segment) (*segment.Metadata, error) {
	first := parts[0].Metadata()
	if first == nil {
		first = &segment.Metadata{}
	}
	aggregators, err := combiningJSON(schema.Aggregators)
	if err != nil {
		return nil, err
	}
	m := &segment.Metadata{
		Container: map[string]json.RawMessage{}, Aggregators: aggregators, TimestampSpec: first.TimestampSpec,
		QueryGranularity: first.QueryGranularity, Rollup: first.Rollup,
	}
	for _, p := range parts {
		if p.Metadata() == nil {
			continue
		}
		for k, v := range p.Metadata().Container {
			m.Container[k] = v
		}
	}
	return m, nil
}

// mergedDimensions returns the dimensions of all parts. If one part has all the
// dimensions of the others, in their order, its order is taken; otherwise they are
// sorted by name: IndexMerger.mergeIndexed.
func mergedDimensions(parts []*segment.Segment) ([]dimensionSchema, error) {
	types := make(map[string]string)
	var longest []string
	for _, p := range parts {
		if len(p.Dimensions()) > len(longest) {
			longest = p.Dimensions()
		}
		for _, name := range p.Dimensions() {
			of := dimensionTypes[p.Column(name).Type()]
			if of == "" || types[name] != "" && types[name] != of {
				return nil, fmt.Errorf("dimension %q is of types %s and %s", name, types[name], p.Column(name).Type())
			}
			types[name] = of
		}
	}
	names := slices.Clone(longest)
	for _, p := range parts {
		if !subsequence(p.Dimensions(), longest) {
			names = names[:0]
			for name := range types {
				names = append(names, name)
			}
			slices.SortFunc(names, segment.CompareStrings)
			break
		}
	}
	dims := make([]dimensionSchema, len(names))
	for i, name := range names {
		dims[i] = dimensionSchema{Type: types[name], Name: name, MultiValueHandling: "ARRAY"}
	}
	return dims, nil
}

var dimensionTypes = map[segment.Type]string{
	segment.String: "string", segment.Long: "long", segment.Float: "float", segment.Double: "double",
}

func subsequence(part, whole []string) bool {
	for _, name := range whole {
		if len(part) > 0 && part[0] == name {
			part = part[1:]
		}
	}
	return len(part) == 0
}

// addSegment adds all rows of a segment.
func (x *Incremental) addSegment(s *segment.Segment) error {
	names := slices.Concat(s.Dimensions(), s.Metrics())
	columns := make([]segment.Column, len(names))
	for i, name := range names {
		columns[i] = s.Column(name)
		if columns[i].Type() == segment.Complex {
			return fmt.Errorf("column %q: complex columns cannot be merged", name)
		}
	}
	for row, at := range s.Times() {
		event := make(map[string]any, len(names))
		for i, name := range names {
			event[name] = cell(columns[i], row)
		}
		if err := x.Add(Row{Time: druid.Timestamp(at), Dimensions: s.Dimensions(), Event: event}); err != nil {
			return fmt.Errorf("row %d: %w", row, err)
		}
	}
	return nil
}

func cell(c segment.Column, row int) any {
	switch c := c.(type) {
	case segment.LongColumn:
		return c[row]
	case segment.DoubleColumn:
		return c[row]
	case segment.FloatColumn:
		return float64(c[row])
	case *segment.StringColumn:
		ids := c.Row(row)
		if len(ids) == 1 {
			return c.Value(ids[0])
		}
		list := make([]any, len(ids))
		for i, id := range ids {
			list[i] = c.Value(id)
		}
		return list
	}
	return nil
}
