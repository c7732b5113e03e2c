package druid

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
)

// RealtimeSpec is the spec of an index_realtime task: FireDepartment.
type RealtimeSpec struct {
	DataSchema   DataSchema
	IOConfig     RealtimeIOConfig
	TuningConfig RealtimeTuningConfig
}

func (s *RealtimeSpec) members() []member {
	return []member{
		{key: "dataSchema", value: &s.DataSchema}, {key: "ioConfig", value: &s.IOConfig}, {key: "tuningConfig", value: &s.TuningConfig},
	}
}

// MarshalJSON writes the spec as Jackson does.
func (s RealtimeSpec) MarshalJSON() ([]byte, error) { return encodeObject(s.members(), nil) }

// UnmarshalJSON reads it.
func (s *RealtimeSpec) UnmarshalJSON(b []byte) error {
	*s = RealtimeSpec{TuningConfig: defaultRealtimeTuning()}
	var ignored fields
	return decodeObject(b, s.members(), &ignored)
}

// RealtimeIOConfig is where a realtime task reads.
type RealtimeIOConfig struct {
	Firehose   *Firehose
	FirehoseV2 json.RawMessage
}

func (c *RealtimeIOConfig) members() []member {
	return []member{
		{key: "type", value: "realtime", derived: true},
		{key: "firehose", value: &c.Firehose}, {key: "firehoseV2", value: (*rawOrNull)(&c.FirehoseV2)},
	}
}

// MarshalJSON writes the configuration as Jackson does.
func (c RealtimeIOConfig) MarshalJSON() ([]byte, error) { return encodeObject(c.members(), nil) }

// UnmarshalJSON reads it. A realtime node's spec has a plumber; a task's must not, and
// the overlord refuses one that has.
func (c *RealtimeIOConfig) UnmarshalJSON(b []byte) error {
	*c = RealtimeIOConfig{}
	var ignored fields
	if err := decodeObject(b, c.members(), &ignored); err != nil {
		return fmt.Errorf("ioConfig: %w", err)
	}
	if plumber, ok := ignored.get("plumber"); ok && string(plumber) != "null" {
		return errors.New("ioConfig: a task cannot have a plumber")
	}
	if c.Firehose != nil && c.FirehoseV2 != nil {
		return errors.New("ioConfig: Only provide one of firehose or firehoseV2")
	}
	return nil
}

// RealtimeTuningConfig tunes a realtime task: RealtimeTuningConfig. It is wide because it
// has a field for each of the Java class's.
type RealtimeTuningConfig struct {
	MaxRowsInMemory           int
	IntermediatePersistPeriod Period
	WindowPeriod              Period
	BasePersistDirectory      string
	VersioningPolicy          json.RawMessage
	RejectionPolicy           json.RawMessage
	MaxPendingPersists        int
	ShardSpec                 ShardSpec
	IndexSpec                 json.RawMessage
	PersistThreadPriority     int
	MergeThreadPriority       int
	ReportParseExceptions     bool
	HandoffConditionTimeout   int64 // milliseconds; 0 waits forever
	AlertTimeout              int64 // milliseconds
	DedupColumn               string

	medium json.RawMessage
}

func defaultRealtimeTuning() RealtimeTuningConfig {
	tenMinutes, _ := ParsePeriod("PT10M") // it is valid
	return RealtimeTuningConfig{
		MaxRowsInMemory: 1_000_000, IntermediatePersistPeriod: tenMinutes, WindowPeriod: tenMinutes,
		VersioningPolicy: json.RawMessage(`{"type":"intervalStart"}`), RejectionPolicy: json.RawMessage(`{"type":"serverTime"}`),
		ShardSpec: NoneShardSpec(), IndexSpec: json.RawMessage(defaultIndexSpec),
	}
}

func (c *RealtimeTuningConfig) members() []member {
	return []member{
		{key: "type", value: "realtime", derived: true},
		{key: "maxRowsInMemory", value: &c.MaxRowsInMemory},
		{key: "intermediatePersistPeriod", value: &c.IntermediatePersistPeriod},
		{key: "windowPeriod", value: &c.WindowPeriod},
		{key: "basePersistDirectory", value: (*nullable)(&c.BasePersistDirectory)},
		{key: "versioningPolicy", value: &c.VersioningPolicy},
		{key: "rejectionPolicy", value: &c.RejectionPolicy},
		{key: "maxPendingPersists", value: &c.MaxPendingPersists},
		{key: "shardSpec", value: &c.ShardSpec},
		{key: "indexSpec", value: &c.IndexSpec},
		{key: "buildV9Directly", value: true, derived: true},
		{key: "persistThreadPriority", value: &c.PersistThreadPriority},
		{key: "mergeThreadPriority", value: &c.MergeThreadPriority},
		{key: "reportParseExceptions", value: &c.ReportParseExceptions},
		{key: "handoffConditionTimeout", value: &c.HandoffConditionTimeout},
		{key: "alertTimeout", value: &c.AlertTimeout},
		{key: "segmentWriteOutMediumFactory", value: (*rawOrNull)(&c.medium)},
		{key: "dedupColumn", value: (*nullable)(&c.DedupColumn)},
	}
}

// MarshalJSON writes the configuration as Jackson does.
func (c RealtimeTuningConfig) MarshalJSON() ([]byte, error) { return encodeObject(c.members(), nil) }

// UnmarshalJSON reads it.
func (c *RealtimeTuningConfig) UnmarshalJSON(b []byte) error {
	*c = defaultRealtimeTuning()
	if string(b) == "null" {
		return nil
	}
	all, err := readFields(b)
	if err != nil {
		return fmt.Errorf("tuningConfig: %w", err)
	}
	if err := decodeFields(withoutNulls(all), withoutDerived(c.members())); err != nil {
		return fmt.Errorf("tuningConfig: %w", err)
	}
	switch {
	case c.HandoffConditionTimeout < 0:
		return errors.New("tuningConfig: handoffConditionTimeout must be >= 0")
	case c.AlertTimeout < 0:
		return errors.New("tuningConfig: alertTimeout must be >= 0")
	}
	if err := completeIndexSpec(&c.IndexSpec); err != nil {
		return fmt.Errorf("tuningConfig: %w", err)
	}
	return nil
}

// withoutNulls drops members that are null: a null stands for the default.
func withoutNulls(all fields) fields {
	return slices.DeleteFunc(all, func(f field) bool { return string(f.value) == "null" })
}

// withoutDerived drops members that are only written.
func withoutDerived(members []member) []member {
	read := members[:0]
	for _, m := range members {
		if !m.derived {
			read = append(read, m)
		}
	}
	return read
}
