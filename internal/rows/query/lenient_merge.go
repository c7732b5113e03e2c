package query

import (
	"encoding/json"
	"maps"
	"slices"
)

// lenientAggregators merges objects of aggregators by name, like lenientAggregatorMerge
// in SegmentMetadataQueryQueryToolChest.mergeAnalyses: those that cannot be merged
// become null, and a null is replaced by whatever comes later.
func lenientAggregators(a, b json.RawMessage) json.RawMessage {
	merged := map[string]json.RawMessage{}
	var names []string
	for _, raw := range []json.RawMessage{a, b} {
		var one map[string]json.RawMessage
		_ = json.Unmarshal(raw, &one) // none, or an object that this program or a historical wrote
		for _, name := range slices.Sorted(maps.Keys(one)) {
			before, met := merged[name]
			switch {
			case !met:
				names = append(names, name)
				merged[name] = one[name]
			case isNull(before):
				merged[name] = one[name]
			default:
				merged[name] = ifEqual(before, one[name])
			}
			if merged[name] == nil {
				merged[name] = json.RawMessage("null")
			}
		}
	}
	if len(names) == 0 {
		return nil
	}
	return object(hashOrder(names, defaultTable), func(name string) json.RawMessage { return merged[name] })
}
