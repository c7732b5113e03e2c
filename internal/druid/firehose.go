package druid

import (
	"encoding/json"
	"fmt"
)

// Firehose is where a task's rows come from; members that only its type has are kept
// verbatim.
type Firehose struct {
	Type    string
	BaseDir string // local
	Filter  string // local
	Data    string // inline

	unknown fields
}

// firehoseMember is a member of one type of firehose.
type firehoseMember struct {
	key    string
	absent string     // what Java writes when the member is missing
	as     func() any // the type it is read as; nil for any
}

func asFirehose() any  { return new(Firehose) }
func asFirehoses() any { return new([]Firehose) }
func asInterval() any  { return new(Interval) }
func asTime() any      { return new(Timestamp) }

// firehoses are the types whose members are known, in the order in which Jackson writes
// them. The members of other types are kept verbatim.
var firehoses = map[string][]firehoseMember{
	"receiver":      {{key: "serviceName"}, {key: "bufferSize", absent: "100000"}, {key: "maxIdleTime", absent: "9223372036854775807"}},
	"timed":         {{key: "delegate", as: asFirehose}, {key: "shutoffTime", as: asTime}},
	"clipped":       {{key: "delegate", as: asFirehose}, {key: "interval", as: asInterval}},
	"combining":     {{key: "delegates", as: asFirehoses}},
	"ingestSegment": {{key: "dataSource"}, {key: "interval", as: asInterval}, {key: "filter"}, {key: "dimensions"}, {key: "metrics"}},
}

// MarshalJSON writes the firehose as Jackson does.
func (f Firehose) MarshalJSON() ([]byte, error) {
	members := []member{{key: "type", value: &f.Type}}
	switch f.Type {
	case "local":
		parser, _ := f.unknown.get("parser")
		members = append(members, member{key: "baseDir", value: &f.BaseDir}, member{key: "filter", value: &f.Filter}, member{key: "parser", value: rawOrNull(parser)})
		return encodeObject(members, nil)
	case "inline":
		members = append(members, member{key: "data", value: &f.Data})
	}
	known, ok := firehoses[f.Type]
	if !ok {
		return encodeObject(members, f.unknown)
	}
	for _, k := range known {
		value, err := k.value(f.unknown)
		if err != nil {
			return nil, fmt.Errorf("firehose %s: %s: %w", f.Type, k.key, err)
		}
		members = append(members, member{key: k.key, value: value})
	}
	return encodeObject(members, nil)
}

// value returns the member's value as Java writes it back.
func (m firehoseMember) value(given fields) (any, error) {
	raw, ok := given.get(m.key)
	if !ok || string(raw) == "null" {
		return rawOrNull(m.absent), nil
	}
	if m.as == nil {
		return raw, nil
	}
	v := m.as()
	return v, json.Unmarshal(raw, v)
}

// UnmarshalJSON reads it.
func (f *Firehose) UnmarshalJSON(b []byte) error {
	*f = Firehose{}
	if string(b) == "null" {
		return nil
	}
	return decodeObject(b, []member{
		{key: "type", value: &f.Type}, {key: "baseDir", value: &f.BaseDir}, {key: "filter", value: &f.Filter}, {key: "data", value: &f.Data},
	}, &f.unknown)
}
