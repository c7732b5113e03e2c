package segment

import "fmt"

// IndexSpec says how a segment is written: IndexSpec in Java. Empty fields are
// Druid's defaults.
type IndexSpec struct {
	Bitmap               string // concise (default) or roaring
	DimensionCompression string // lz4 (default), lzf is only read, uncompressed
	MetricCompression    string // lz4 (default), lzf is only read, uncompressed or none
}

// encoding is an IndexSpec resolved.
type encoding struct {
	bitmaps bitmapFormat
	dims    compression
	metrics compression
}

func (s IndexSpec) resolve() (encoding, error) {
	var e encoding
	switch s.Bitmap {
	case "", "concise":
		e.bitmaps = concise{}
	case "roaring":
		e.bitmaps = roaringRuns{}
	default:
		return e, fmt.Errorf("bitmap type %q: want concise or roaring", s.Bitmap)
	}
	var err error
	if e.dims, err = writable(s.DimensionCompression); err != nil {
		return e, fmt.Errorf("dimensionCompression: %w", err)
	}
	if e.metrics, err = writable(s.MetricCompression); err != nil {
		return e, fmt.Errorf("metricCompression: %w", err)
	}
	if e.dims == compressNone {
		return e, fmt.Errorf("dimensionCompression: none is for metrics; want lz4 or uncompressed")
	}
	return e, nil
}

func writable(name string) (compression, error) {
	switch name {
	case "", "lz4":
		return compressLZ4, nil
	case "uncompressed":
		return compressBlocks, nil
	case "none":
		return compressNone, nil
	}
	return 0, fmt.Errorf("%q: want lz4, uncompressed or none", name)
}
