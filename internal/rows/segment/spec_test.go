package segment

import (
	"encoding/json"
	"testing"
)

func TestIndexSpecsOfTuningConfigs(t *testing.T) {
	cases := []struct {
		raw  string
		want IndexSpec
		ok   bool
	}{
		{`{}`, IndexSpec{}, true},
		{`{"bitmap":{"type":"concise"},"dimensionCompression":"lz4","metricCompression":"lz4","longEncoding":"longs"}`, IndexSpec{"concise", "lz4", "lz4"}, true},
		{`{"bitmap":{"type":"roaring","compressRunOnSerialization":true},"dimensionCompression":"uncompressed","metricCompression":"none","longEncoding":"auto"}`,
			IndexSpec{"roaring", "uncompressed", "none"}, true},
		{`{"bitmap":{"type":"ewah"}}`, IndexSpec{}, false},
		{`{"dimensionCompression":"none"}`, IndexSpec{}, false},
		{`{"metricCompression":"zstd"}`, IndexSpec{}, false},
		{`[]`, IndexSpec{}, false},
	}
	for _, c := range cases {
		var got IndexSpec
		err := json.Unmarshal([]byte(c.raw), &got)
		if (err == nil) != c.ok || c.ok && got != c.want {
			t.Errorf("%s: got %+v (%v), want %+v", c.raw, got, err, c.want)
		}
	}
}
