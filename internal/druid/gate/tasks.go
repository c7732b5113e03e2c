package gate

import (
	"slices"
	"strings"

	"oakmoot/internal/druid"
	"oakmoot/internal/druid/jackson"
)

// Task is Task with the subtypes that an overlord of 0.14.0 without extensions knows.
func Task(v value) *jackson.Refusal { return taskKinds.Read(v) }

const taskBase = batchTask + "Task"

var taskKinds = &poly{Base: taskBase, Types: types{
	"Task":    jackson.Abstract(taskBase),
	"noop":    task("NoopTask", props{"runTime": jackson.Long, "isReadyTime": jackson.Long, "isReadyResult": jackson.String, "firehose": firehose}, noopCheck),
	"kill":    overInterval("KillTask", nil),
	"archive": overInterval("ArchiveTask", nil),
	"restore": overInterval("RestoreTask", nil),
	"move":    overInterval("MoveTask", props{"target": jackson.Objects, "targetLoadSpec": jackson.Objects}),

	"append": task("AppendTask", mergeProps, func(o object) string { return mergeCheck(o) }),
	"merge": task("MergeTask", with(mergeProps, props{"rollup": jackson.Boolean}), func(o object) string {
		return first(mergeCheck(o), needs(o, "aggregations", "null aggregations"))
	}),
	"same_interval_merge": task("SameIntervalMergeTask", props{
		"interval": interval, "aggregations": aggregations, "rollup": jackson.Boolean, "indexSpec": indexSpec,
		"segmentWriteOutMediumFactory": mediumFactory,
	}, func(o object) string {
		return first(
			when(!o.Given("id") && !(o.Given("dataSource") && o.Given("interval")), jackson.Null),
			fixedInterval(o), needs(o, "aggregations", "null aggregations"),
		)
	}),
	"compact": compactTask,
	"index": specTask("IndexTask", indexSpecOf, func(spec object) string {
		return when(!spec.Given("dataSchema") || !spec.Given("ioConfig"), jackson.Null)
	}),
	"index_parallel": specTask("batch.parallel.ParallelIndexSupervisorTask", parallelSpec, parallelCheck),
	"index_sub": specTask("batch.parallel.ParallelIndexSubTask", parallelSpec, func(spec object) string {
		return first(
			when(!spec.Given("dataSchema"), jackson.Null),
			when(isTrue(spec.Object("tuningConfig"), "forceGuaranteedRollup"), "Guaranteed rollup is not supported"),
		)
	}),
	"index_hadoop": specTask("HadoopIndexTask", hadoopSpec, hadoopCheck),
	"index_realtime": specTask("RealtimeIndexTask", (&class{
		Name:  pkg + "segment.realtime.FireDepartment",
		Props: props{"dataSchema": dataSchema, "ioConfig": realtimeIO, "tuningConfig": realtimeTuning},
		Check: required("dataSchema", "ioConfig"),
	}).Read, func(object) string { return "" }),
	"index_realtime_appenderator": specTask("AppenderatorDriverRealtimeIndexTask", (&class{
		Name:  pkg + "indexing.common.index.RealtimeAppenderatorIngestionSpec",
		Props: props{"dataSchema": dataSchema, "ioConfig": realtimeIO, "tuningConfig": appenderatorTuning},
	}).Read, func(spec object) string {
		return when(!spec.Given("dataSchema") || !spec.Given("tuningConfig"), jackson.Null)
	}),
}}

var resource = (&class{
	Name: batchTask + "TaskResource", Props: props{"availabilityGroup": jackson.String, "requiredCapacity": jackson.Int},
}).Read

// task is a task's class: what AbstractTask takes, and more.
func task(name string, more props, check func(object) string) reading {
	all := props{"id": jackson.String, "dataSource": jackson.String, "context": jackson.Objects}
	return (&class{Name: batchTask + name, Props: with(all, more), Check: check}).Read
}

// specTask is a task that takes its datasource from a spec.
func specTask(name string, spec reading, check func(spec object) string) reading {
	return (&class{
		Name:  batchTask + name,
		Props: props{"id": jackson.String, "groupId": jackson.Any, "resource": resource, "spec": spec, "context": jackson.Objects},
		Check: func(o object) string {
			if newer(o["spec"]) {
				return ""
			}
			return first(when(!o.Given("spec"), jackson.Null), check(o.Object("spec")))
		},
	}).Read
}

func noopCheck(o object) string {
	const ready = "indexing.common.task.NoopTask.IsReadyResult."
	result := strings.ToUpper(o["isReadyResult"].Text)
	bad := o.Given("isReadyResult") && !slices.Contains([]string{"YES", "NO", "EXCEPTION"}, result)
	return when(bad, "No enum constant "+pkg+ready+result)
}

// overInterval is AbstractFixedIntervalTask, whose default id is made of both.
func overInterval(name string, more props) reading {
	return task(name, with(props{"interval": interval}, more), func(o object) string {
		return first(when(!o.Given("id") && !o.Given("dataSource"), jackson.Null), fixedInterval(o))
	})
}

// fixedInterval makes the checks of AbstractFixedIntervalTask's constructor.
func fixedInterval(o object) string {
	i, _ := druid.ParseInterval(o["interval"].Text) // it has been read already
	return first(required("dataSource", "interval")(o), when(i.Start >= i.End, "interval empty"))
}

var (
	aggregations = jackson.List(func(v value) *jackson.Refusal { return aggregator(v) })
	mergeProps   = props{
		"segments": jackson.List(segment), "aggregations": aggregations, "indexSpec": indexSpec, "segmentWriteOutMediumFactory": mediumFactory,
	}
)

// mergeCheck makes the checks of MergeTaskBase's constructor.
func mergeCheck(o object) string {
	segments := o["segments"].Elements
	foreign, sharded := false, false
	for _, s := range segments {
		if s.IsNull() {
			return jackson.Null
		}
		shard := s.Object()["shardSpec"]
		foreign = foreign || !strings.EqualFold(s.Object()["dataSource"].Text, o["dataSource"].Text)
		sharded = sharded || !shard.IsNull() && shard.Object()["type"].Text != "none"
	}
	return first(
		when(!o.Given("segments"), jackson.Null),
		when(len(segments) == 0, "segments.size() > 0"),
		needs(o, "dataSource", "dataSource"),
		when(emptySpan(segments), "interval empty"),
		when(foreign, "segments in the wrong datasource"),
		when(sharded, "segments without NoneShardSpec"),
	)
}

// emptySpan reports whether the segments together cover no time at all.
func emptySpan(segments []value) bool {
	for _, s := range segments {
		if i, err := druid.ParseInterval(s.Object()["interval"].Text); err != nil || i.Start < i.End {
			return false
		}
	}
	return true
}

var compactTask = task("CompactionTask", props{
	"resource": resource, "interval": interval, "segments": jackson.List(segment), "dimensions": dimensionsSpec, "dimensionsSpec": dimensionsSpec,
	"metricsSpec":            jackson.Array(aggregatorOf, func(v value) *jackson.Refusal { return aggregator(v) }),
	"keepSegmentGranularity": jackson.Boolean, "segmentGranularity": granularity, "targetCompactionSizeBytes": jackson.LongObj,
	"tuningConfig": indexTuning,
}, func(o object) string {
	i, _ := druid.ParseInterval(o["interval"].Text) // it has been read already
	tuning := o.Object("tuningConfig")
	limited := numberGiven(tuning, "maxRowsPerSegment") || numberGiven(tuning, "maxTotalRows") || numberGiven(tuning, "numShards")
	return first(
		needs(o, "dataSource", "dataSource"),
		when(!o.Given("interval") && !o.Given("segments"), "interval or segments should be specified"),
		when(o.Given("interval") && o.Given("segments"), "one of interval and segments should be null"),
		when(o.Given("interval") && i.Start == i.End, "Interval["+i.String()+"] is empty, must specify a nonempty interval"),
		when(isTrue(o, "keepSegmentGranularity") && o.Given("segmentGranularity"), "keepSegmentGranularity and segmentGranularity can't be used together"),
		when(o.Given("segments") && len(o["segments"].Elements) == 0, jackson.Null),
		when(numberGiven(o, "targetCompactionSizeBytes") && limited, sizeBeside(o, tuning)),
	)
})

func sizeBeside(o, tuning object) string {
	return "targetCompactionSizeBytes[" + shown(o, "targetCompactionSizeBytes") + "] cannot be used with maxRowsPerSegment[" +
		shown(tuning, "maxRowsPerSegment") + "], maxTotalRows[" + shown(tuning, "maxTotalRows") + "], or numShards[" + shown(tuning, "numShards") + "] of tuningConfig"
}

var indexSpecOf = ingestionSpec(&class{
	Name: batchTask + "IndexTask$IndexIngestionSpec",
	Props: props{
		"dataSchema": dataSchema, "tuningConfig": indexTuning,
		"ioConfig": configOf(&class{
			Name: batchTask + "IndexTask$IndexIOConfig", Props: props{"firehose": firehose, "appendToExisting": jackson.Boolean},
		}, "index", realtimeIOClass),
	},
})

var parallelSpec = ingestionSpec(&class{
	Name: parallelTask + "ParallelIndexIngestionSpec",
	Props: props{
		"dataSchema": dataSchema, "tuningConfig": parallelTuning,
		"ioConfig": configOf(&class{
			Name: parallelTask + "ParallelIndexIOConfig", Props: props{"firehose": firehose, "appendToExisting": jackson.Boolean},
		}, "index_parallel", realtimeIOClass),
	},
})

// ingestionSpec is a spec's class, unless the spec is in the format of newer Druids.
func ingestionSpec(c *class) reading {
	return func(v value) *jackson.Refusal {
		if newer(v) {
			return dataSchema(v.Object()["dataSchema"])
		}
		return c.Read(v)
	}
}

// parallelCheck makes the checks of ParallelIndexSupervisorTask's constructor.
func parallelCheck(spec object) string {
	from := spec.Object("ioConfig").Object("firehose")
	kind := from["type"].Text
	return first(
		when(!spec.Given("dataSchema") || len(from) == 0, jackson.Null),
		when(!finite[kind], "["+firehoseClasses[kind]+"] should implement FiniteFirehoseFactory"),
	)
}

// firehoseClasses are the simple names of the firehoses that never end by themselves.
var firehoseClasses = map[string]string{
	"receiver": "EventReceiverFirehoseFactory", "timed": "TimedShutoffFirehoseFactory", "clipped": "ClippedFirehoseFactory",
	"fixedCount": "FixedCountFirehoseFactory", "combining": "CombiningFirehoseFactory",
}

// hadoopSpec is HadoopIngestionSpec, as far as its tables are shared ones.
var hadoopSpec = (&class{
	Name: pkg + "indexer.HadoopIngestionSpec",
	Props: props{
		"dataSchema": dataSchema,
		"ioConfig":   jackson.Any,
		"tuningConfig": (&poly{
			Base: pkg + "indexer.HadoopTuningConfig", Concrete: true,
			Types: types{"hadoop": (&class{
				Name:  pkg + "indexer.HadoopTuningConfig",
				Props: props{"indexSpec": indexSpec, "partitionsSpec": partitionsSpec, "workingPath": jackson.String, "version": jackson.String},
			}).Read},
		}).Read,
	},
}).Read

var hashedPartitions = (&class{
	Name:  pkg + "indexer.partitions.HashedPartitionsSpec",
	Props: props{"targetPartitionSize": jackson.LongObj, "maxPartitionSize": jackson.LongObj, "assumeGrouped": jackson.Boolean, "numShards": jackson.Integer},
	Check: func(o object) string {
		set := func(key string) bool { return numberGiven(o, key) && number(o, key, 0) != -1 }
		return when(set("targetPartitionSize") && set("numShards"), "targetPartitionsSize and shardCount both cannot be set")
	},
}).Read

var partitionsSpec = (&poly{
	Base:    pkg + "indexer.partitions.PartitionsSpec",
	Types:   types{"hashed": hashedPartitions, "dimension": jackson.Any},
	Default: hashedPartitions,
}).Read

// hadoopCheck makes the checks of HadoopIndexTask's constructor.
func hadoopCheck(spec object) string {
	io, tuning := spec.Object("ioConfig"), spec.Object("tuningConfig")
	return first(
		when(!spec.Given("dataSchema") || !spec.Given("ioConfig"), jackson.Null),
		when(io.Given("segmentOutputPath"), "segmentOutputPath must be absent"),
		when(tuning.Given("workingPath"), "workingPath must be absent"),
		when(io.Given("metadataUpdateSpec"), "metadataUpdateSpec must be absent"),
	)
}
