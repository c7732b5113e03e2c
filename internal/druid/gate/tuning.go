package gate

import (
	"maps"

	"oakmoot/internal/druid/jackson"
)

const (
	batchTask    = pkg + "indexing.common.task."
	parallelTask = batchTask + "batch.parallel."
)

// indexTuningProps are what IndexTuningConfig and ParallelIndexTuningConfig take.
var indexTuningProps = props{
	"targetPartitionSize": jackson.Integer, "maxRowsPerSegment": jackson.Integer, "maxRowsInMemory": jackson.Integer,
	"maxBytesInMemory": jackson.LongObj, "maxTotalRows": jackson.LongObj, "numShards": jackson.Integer, "indexSpec": indexSpec,
	"maxPendingPersists": jackson.Integer, "forceExtendableShardSpecs": jackson.Boolean, "forceGuaranteedRollup": jackson.Boolean,
	"reportParseExceptions": jackson.Boolean, "pushTimeout": jackson.LongObj, "segmentWriteOutMediumFactory": mediumFactory,
	"logParseExceptions": jackson.Boolean, "maxParseExceptions": jackson.Integer, "maxSavedParseExceptions": jackson.Integer,
}

// with returns props and more.
func with(base, more props) props {
	all := maps.Clone(base)
	maps.Copy(all, more)
	return all
}

// indexTuningCheck makes the checks of IndexTuningConfig's constructor.
func indexTuningCheck(o object) string {
	rows := "maxRowsPerSegment"
	if !numberGiven(o, rows) {
		rows = "targetPartitionSize"
	}
	set := func(key string) bool { return numberGiven(o, key) && number(o, key, 0) != -1 }
	return first(
		when(set(rows) && set("numShards"), "maxRowsPerSegment and numShards cannot both be set"),
		when(numberGiven(o, "targetPartitionSize") && numberGiven(o, "maxRowsPerSegment"), "Can't use targetPartitionSize and maxRowsPerSegment together"),
	)
}

// Registered names of TuningConfig and IOConfig that do not fit here: each place asks
// for a concrete class.
const (
	realtimeTuningClass = pkg + "segment.indexing.RealtimeTuningConfig"
	realtimeIOClass     = pkg + "segment.indexing.RealtimeIOConfig"
)

// configOf is a concrete class of IOConfig or TuningConfig; all of them accept the
// realtime one as well.
func configOf(c *class, id, realtime string) reading {
	all := types{id: c.Read}
	if id != "realtime" && realtime != "" {
		all["realtime"] = jackson.Wrong(realtime, c.Name)
	}
	return (&poly{Base: c.Name, Types: all, Concrete: true}).Read
}

var indexTuning = configOf(&class{
	Name: batchTask + "IndexTask$IndexTuningConfig",
	Props: with(indexTuningProps, props{
		"rowFlushBoundary": jackson.Integer, "partitionDimensions": jackson.List(jackson.String), "buildV9Directly": jackson.Boolean,
		"publishTimeout": jackson.LongObj,
	}),
	Check: indexTuningCheck,
}, "index", realtimeTuningClass)

var parallelTuning = configOf(&class{
	Name: parallelTask + "ParallelIndexTuningConfig",
	Props: with(indexTuningProps, props{
		"maxNumSubTasks": jackson.Integer, "maxRetry": jackson.Integer, "taskStatusCheckPeriodMs": jackson.Integer,
		"chatHandlerTimeout": period, "chatHandlerNumRetries": jackson.Integer,
	}),
	Check: func(o object) string {
		return first(indexTuningCheck(o), when(number(o, "maxNumSubTasks", 1) <= 0, "maxNumSubTasks must be positive"))
	},
}, "index_parallel", realtimeTuningClass)

// streamTuningProps are what the tuning of both realtime tasks takes.
var streamTuningProps = props{
	"maxRowsInMemory": jackson.Integer, "maxBytesInMemory": jackson.LongObj, "intermediatePersistPeriod": period,
	"basePersistDirectory": jackson.String, "maxPendingPersists": jackson.Integer, "shardSpec": shardSpec, "indexSpec": indexSpec,
	"reportParseExceptions": jackson.Boolean, "alertTimeout": jackson.LongObj, "segmentWriteOutMediumFactory": mediumFactory,
}

const plumber = pkg + "segment.realtime.plumber."

var realtimeTuning = configOf(&class{
	Name: realtimeTuningClass,
	Props: with(streamTuningProps, props{
		"windowPeriod": period, "buildV9Directly": jackson.Boolean, "persistThreadPriority": jackson.Int, "mergeThreadPriority": jackson.Int,
		"handoffConditionTimeout": jackson.LongObj, "dedupColumn": jackson.String,
		"versioningPolicy": (&poly{Base: plumber + "VersioningPolicy", Types: types{"custom": jackson.Any, "intervalStart": jackson.Any}}).Read,
		"rejectionPolicy": (&poly{
			Base: plumber + "RejectionPolicyFactory", Types: types{"messageTime": jackson.Any, "none": jackson.Any, "serverTime": jackson.Any},
		}).Read,
	}),
	Check: func(o object) string {
		return first(notNegative(o, "handoffConditionTimeout"), notNegative(o, "alertTimeout"))
	},
}, "realtime", "")

var appenderatorTuning = configOf(&class{
	Name: pkg + "indexing.common.index.RealtimeAppenderatorTuningConfig",
	Props: with(streamTuningProps, props{
		"maxRowsPerSegment": jackson.Integer, "maxTotalRows": jackson.LongObj, "publishAndHandoffTimeout": jackson.LongObj,
		"logParseExceptions": jackson.Boolean, "maxParseExceptions": jackson.Integer, "maxSavedParseExceptions": jackson.Integer,
	}),
	Check: func(o object) string {
		return first(notNegative(o, "publishAndHandoffTimeout"), notNegative(o, "alertTimeout"))
	},
}, "realtime_appenderator", realtimeTuningClass)

func notNegative(o object, key string) string {
	return when(number(o, key, 0) < 0, key+" must be >= 0")
}

// realtimeIO is RealtimeIOConfig. A plumber needs what only a realtime node has.
var realtimeIO = configOf(&class{
	Name: realtimeIOClass,
	Props: props{
		"firehose":   firehose,
		"firehoseV2": (&poly{Base: pkg + "data.input.FirehoseFactoryV2"}).Read,
		"plumber": func(v value) *jackson.Refusal {
			if v.IsNull() {
				return nil
			}
			return &jackson.Refusal{Message: "Can not construct instance of " + plumber + "RealtimePlumberSchool, problem: Guice configuration errors:\n\n" +
				"1) No implementation for " + pkg + "query.QueryRunnerFactoryConglomerate was bound.\n  while locating " + pkg + "query.QueryRunnerFactoryConglomerate\n\n1 error"}
		},
	},
	Check: func(o object) string {
		return when(o.Given("firehose") && o.Given("firehoseV2"), "Only provide one of firehose or firehoseV2")
	},
}, "realtime", "")
