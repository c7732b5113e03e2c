package druid

import (
	"encoding/json"
	"fmt"
)

// newerInput is how Druid 0.17.0 and later describe the input of an index task: an
// input source and an input format instead of firehose and parser, and a schema with
// its own timestamp and dimensions.
type newerInput struct {
	DataSchema struct {
		TimestampSpec  json.RawMessage `json:"timestampSpec"`
		DimensionsSpec json.RawMessage `json:"dimensionsSpec"`
	} `json:"dataSchema"`
	IOConfig struct {
		InputSource json.RawMessage `json:"inputSource"`
		InputFormat json.RawMessage `json:"inputFormat"`
	} `json:"ioConfig"`
}

// newerInputOf reads the newer members of a spec; false when it has none.
func newerInputOf(spec []byte) (newerInput, bool) {
	var n newerInput
	err := json.Unmarshal(spec, &n)
	source := n.IOConfig.InputSource
	return n, err == nil && len(source) > 0 && string(source) != "null"
}

// isNewer reports whether a spec is in the format of newer Druids, which 0.14.0 could
// not write back.
func isNewer(spec []byte) bool {
	_, ok := newerInputOf(spec)
	return ok
}

// translate puts the input into the format of 0.14.0. Segments of newer Druids are
// always extendable, and an empty list of intervals means none.
func (s *IndexSpec) translate(n newerInput) error {
	if err := json.Unmarshal(n.IOConfig.InputSource, &s.IOConfig.Firehose); err != nil {
		return fmt.Errorf("inputSource: %w", err)
	}
	format, err := readFields(n.IOConfig.InputFormat)
	if err != nil {
		return fmt.Errorf("inputFormat: %w", err)
	}
	var parse fields
	for _, f := range format {
		if name, ok := parseSpecNames[f.key]; ok {
			f.key = name
		}
		parse = append(parse, f)
	}
	parse = append(parse, field{"timestampSpec", orNull(n.DataSchema.TimestampSpec)}, field{"dimensionsSpec", orNull(n.DataSchema.DimensionsSpec)})
	spec, err := encodeObject(nil, parse)
	if err != nil {
		return err
	}
	s.DataSchema.Parser = fmt.Appendf(nil, `{"type":"string","parseSpec":%s}`, spec)
	s.TuningConfig.ForceExtendableShardSpecs = true
	if len(s.DataSchema.GranularitySpec.Intervals) == 0 {
		s.DataSchema.GranularitySpec.Intervals = nil
	}
	return nil
}

// parseSpecNames are the members of an input format that have another name in a
// parseSpec.
var parseSpecNames = map[string]string{"type": "format", "findColumnsFromHeader": "hasHeaderRow"}
