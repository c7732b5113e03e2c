package segment

import (
	"encoding/json"
	"fmt"
)

// IndexSpec says how a segment is written: IndexSpec in Java. Empty fields mean Druid's
// defaults.
type IndexSpec struct {
	Bitmap               string // concise (default) or roaring
	DimensionCompression string // lz4 (default) or uncompressed; lzf is only read
	MetricCompression    string // lz4 (default), uncompressed or none; lzf is only read
}

// UnmarshalJSON reads the indexSpec of a tuning config. It ignores longEncoding: longs
// are always written plainly, which every reader accepts.
func (s *IndexSpec) UnmarshalJSON(b []byte) error {
	var raw struct {
		Bitmap struct {
			Type string `json:"type"`
		} `json:"bitmap"`
		DimensionCompression string `json:"dimensionCompression"`
		MetricCompression    string `json:"metricCompression"`
	}
	if err := json.Unmarshal(b, &raw); err != nil {
		return fmt.Errorf("indexSpec: %w", err)
	}
	*s = IndexSpec{raw.Bitmap.Type, raw.DimensionCompression, raw.MetricCompression}
	_, err := s.resolve()
	return err
}

// encoding is a resolved IndexSpec.
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
