package druid

import (
	"crypto/sha1"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
)

// draftKinds read the kinds whose every member is known here; the members of other
// kinds are kept verbatim. Each returns the members as Jackson writes them, once the
// common ones are complete.
var draftKinds = map[string]func(*draft) (func() []member, error){
	"noop":           (*draft).noop,
	"index":          (*draft).index,
	"index_realtime": (*draft).realtime,
	"kill":           (*draft).overInterval,
	"archive":        (*draft).overInterval,
	"restore":        (*draft).overInterval,
	"move":           (*draft).overInterval,
}

// tail returns the members that most kinds end with.
func (d *draft) tail() []member {
	return []member{{key: "context", value: d.context}, {key: "groupId", value: &d.GroupID}, {key: "resource", value: &d.Resource}}
}

func (d *draft) noop() (func() []member, error) {
	n := NoopTask{RunTime: 2500, IsReadyResult: "YES"}
	if err := decodeFields(d.all, n.members()); err != nil {
		return nil, err
	}
	if n.RunTime == 0 {
		n.RunTime = 2500
	}
	n.IsReadyResult = strings.ToUpper(n.IsReadyResult)
	if !slices.Contains([]string{"YES", "NO", "EXCEPTION"}, n.IsReadyResult) {
		return nil, instantiation("indexing.common.task.NoopTask", "No enum constant org.apache.druid.indexing.common.task.NoopTask.IsReadyResult."+n.IsReadyResult)
	}
	if d.ID == "" {
		d.ID = "noop_" + d.now.String() + "_" + uuid()
	}
	if d.DataSource == "" {
		d.DataSource = "none"
	}
	return func() []member {
		members := []member{{key: "type", value: &d.Type}, {key: "id", value: &d.ID}, {key: "dataSource", value: &d.DataSource}}
		members = append(members, n.members()...)
		return append(members, d.tail()...)
	}, nil
}

// specKind returns the members of the kinds that have a spec.
func (d *draft) specKind(spec any) func() []member {
	return func() []member {
		return []member{
			{key: "type", value: &d.Type}, {key: "id", value: &d.ID}, {key: "resource", value: &d.Resource}, {key: "spec", value: spec},
			{key: "context", value: d.context}, {key: "groupId", value: &d.GroupID}, {key: "dataSource", value: &d.DataSource},
		}
	}
}

func (d *draft) index() (func() []member, error) {
	var spec *IndexSpec
	if err := decodeFields(d.all, []member{{key: "spec", value: &spec}}); err != nil {
		return nil, err
	}
	if spec == nil {
		return nil, instantiation("indexing.common.task.IndexTask", "null")
	}
	if spec.DataSchema.DataSource == "" {
		return nil, instantiation("indexing.common.task.IndexTask$IndexIngestionSpec", "dataSchema")
	}
	if raw, _ := d.all.get("spec"); isNewer(raw) {
		return d.foreign()
	}
	d.DataSource = spec.DataSchema.DataSource
	d.name(d.DataSource)
	if spec.IOConfig.AppendToExisting {
		d.GroupID = "index_append_" + d.DataSource
	}
	return d.specKind(spec), nil
}

func (d *draft) realtime() (func() []member, error) {
	var spec *RealtimeSpec
	if err := decodeFields(d.all, []member{{key: "spec", value: &spec}}); err != nil {
		return nil, err
	}
	if spec == nil {
		return nil, instantiation("indexing.common.task.RealtimeIndexTask", "null")
	}
	if spec.DataSchema.DataSource == "" {
		return nil, instantiation("segment.realtime.FireDepartment", "dataSchema")
	}
	if spec.TuningConfig.BasePersistDirectory == "" {
		spec.TuningConfig.BasePersistDirectory = fmt.Sprintf("/tmp/%d-0", int64(d.now))
	}
	d.DataSource = spec.DataSchema.DataSource
	if d.ID == "" {
		d.ID = fmt.Sprintf("index_realtime_%s_%d_%s_%s", d.DataSource, spec.TuningConfig.ShardSpec.PartitionNum, d.now, randomSuffix())
	}
	d.GroupID = "index_realtime_" + d.DataSource
	return d.specKind(spec), nil
}

// randomSuffix is RealtimeIndexTask.makeRandomId: eight letters from a to p.
func randomSuffix() string {
	var b [8]byte
	for i := range b {
		b[i] = 'a' + byte(rand.N(16))
	}
	return string(b[:])
}

// intervalKinds are the classes of the kinds that act on an interval.
var intervalKinds = map[string]string{"kill": "KillTask", "archive": "ArchiveTask", "restore": "RestoreTask", "move": "MoveTask"}

func (d *draft) overInterval() (func() []member, error) {
	var interval *Interval
	var target, older json.RawMessage
	err := decodeFields(d.all, []member{
		{key: "interval", value: &interval}, {key: "target", value: (*rawOrNull)(&target)}, {key: "targetLoadSpec", value: (*rawOrNull)(&older)},
	})
	if err != nil {
		return nil, err
	}
	class := "indexing.common.task." + intervalKinds[d.Type]
	switch {
	case !d.given("dataSource"):
		return nil, instantiation(class, "dataSource")
	case interval == nil:
		return nil, instantiation(class, "interval")
	case interval.End <= interval.Start:
		return nil, instantiation(class, "interval empty")
	}
	if target == nil {
		target = older
	}
	d.name(d.DataSource, interval.Start.String(), interval.End.String())
	return func() []member {
		return append([]member{
			{key: "type", value: &d.Type}, {key: "id", value: &d.ID}, {key: "dataSource", value: &d.DataSource}, {key: "interval", value: interval},
			{key: "target", value: rawOrNull(target), omit: d.Type != "move"},
		}, d.tail()...)
	}, nil
}

// foreign keeps an unknown kind's members verbatim, and adds those that all kinds have.
func (d *draft) foreign() (func() []member, error) {
	if d.DataSource == "" {
		d.DataSource = dataSourceOf(d.all)
	}
	if d.DataSource == "" {
		return nil, &TaskError{fmt.Sprintf("Instantiation of a task of type '%s' failed: dataSource", d.Type)}
	}
	if err := d.foreignName(); err != nil {
		return nil, err
	}
	common := func() []member {
		return append([]member{{key: "type", value: &d.Type}, {key: "id", value: &d.ID}, {key: "dataSource", value: &d.DataSource}}, d.tail()...)
	}
	return func() []member {
		common := common()
		var members []member
		have := map[string]bool{}
		for _, f := range d.all {
			m := member{key: f.key, value: f.value}
			if known := find(common, f.key); known != nil {
				m = *known
			}
			if !have[f.key] {
				members = append(members, m)
			}
			have[f.key] = true
		}
		for _, m := range common {
			if !have[m.key] {
				members = append(members, m)
			}
		}
		return members
	}, nil
}

// foreignName makes the id as each kind does.
func (d *draft) foreignName() error {
	switch d.Type {
	case "append", "merge":
		var segments []DataSegment
		if err := decodeFields(d.all, []member{{key: "segments", value: &segments}}); err != nil {
			return err
		}
		if d.ID == "" {
			d.ID = fmt.Sprintf("merge_%s_%s_%s", d.DataSource, hashOf(segments), d.now)
		}
	case "same_interval_merge":
		var interval Interval
		if err := decodeFields(d.all, []member{{key: "interval", value: &interval}}); err != nil {
			return err
		}
		d.name(d.DataSource, interval.Start.String(), interval.End.String())
	case "index_realtime_appenderator":
		if d.ID == "" {
			d.ID = fmt.Sprintf("index_realtime_%s_%d_%s_%s", d.DataSource, partitionOf(d.all), d.now, randomSuffix())
		}
		d.GroupID = "index_realtime_appenderator_" + d.DataSource
	default:
		d.name(d.DataSource)
	}
	return nil
}

// hashOf is the hash of segments that MergeTaskBase puts into an id.
func hashOf(segments []DataSegment) string {
	names := make([]string, len(segments))
	for i, s := range segments {
		names[i] = fmt.Sprintf("%s_%s_%s_%d", s.Interval.Start, s.Interval.End, s.Version, s.ShardSpec.PartitionNum)
	}
	return fmt.Sprintf("%x", sha1.Sum([]byte(strings.Join(names, "_"))))
}

// specOf is what a kind's spec says about datasource and partition.
type specOf struct {
	DataSchema   struct{ DataSource string }
	TuningConfig struct{ ShardSpec struct{ PartitionNum int } }
}

func readSpec(all fields) (spec specOf) {
	raw, _ := all.get("spec")
	_ = json.Unmarshal(raw, &spec) // a task without such a spec has neither
	return spec
}

func dataSourceOf(all fields) string { return readSpec(all).DataSchema.DataSource }

func partitionOf(all fields) int { return readSpec(all).TuningConfig.ShardSpec.PartitionNum }

// instantiation is Jackson's message when a constructor rejects its arguments.
func instantiation(class, why string) error {
	return &TaskError{fmt.Sprintf("Instantiation of [simple type, class org.apache.druid.%s] value failed: %s", class, why)}
}
