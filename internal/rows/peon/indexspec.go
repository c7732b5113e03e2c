package peon

import (
	"encoding/json"

	"oakmoot/internal/rows/segment"
)

// indexSpecOf converts a tuning configuration's indexSpec for writing segments.
func indexSpecOf(raw json.RawMessage) (segment.IndexSpec, error) {
	var spec struct {
		Bitmap struct {
			Type string `json:"type"`
		} `json:"bitmap"`
		DimensionCompression string `json:"dimensionCompression"`
		MetricCompression    string `json:"metricCompression"`
	}
	if len(raw) > 0 {
		if err := json.Unmarshal(raw, &spec); err != nil {
			return segment.IndexSpec{}, err
		}
	}
	return segment.IndexSpec{
		Bitmap:               spec.Bitmap.Type,
		DimensionCompression: spec.DimensionCompression,
		MetricCompression:    spec.MetricCompression,
	}, nil
}
