package druid

import (
	"encoding/json"
	"fmt"
)

// Firehose is where a task's rows come from; what its type does not have in common
// with the others is kept.
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
	absent string     // what Java writes when it was not given
	as     func() any // what its value is read as; nil for any value
}

func asFirehose() any  { return new(Firehose) }
func asFirehoses() any { return new([]Firehose) }
func asInterval() any  { return new(Interval) }
func asTime() any      { return new(Timestamp) }

// firehoses are the types whose members are known, in the order in which Jackson
// writes them. Of others the members stay as they were given.
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

// value is the member's value as Java writes it again.
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
