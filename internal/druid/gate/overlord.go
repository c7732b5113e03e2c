package gate

import (
	"slices"

	"oakmoot/internal/druid/jackson"
)

const setup = pkg + "indexing.overlord.setup."

var affinityProps = props{"affinityConfig": (&class{
	Name: setup + "AffinityConfig",
	Props: props{
		"affinity": jackson.Map("collection type; class java.util.Set, contains [simple type, class java.lang.String]", jackson.Set(jackson.String)),
		"strong":   jackson.Bool,
	},
	Check: func(o object) string { return when(!o.Given("affinity"), jackson.Null) },
}).Read}

func strategy(name string, check func(object) string) reading {
	return (&class{Name: setup + name + "WorkerSelectStrategy", Props: with(affinityProps, props{"function": jackson.String}), Check: check}).Read
}

// WorkerBehaviorConfig is WorkerBehaviorConfig; an unknown type of it, or of a
// strategy, means the default one.
var WorkerBehaviorConfig = (&class{
	Name: setup + "DefaultWorkerBehaviorConfig",
	Props: props{
		"selectStrategy": (&poly{
			Base: setup + "WorkerSelectStrategy",
			Types: types{
				"fillCapacity":                  strategy("FillCapacity", nil),
				"fillCapacityWithAffinity":      strategy("FillCapacityWithAffinity", nil),
				"equalDistributionWithAffinity": strategy("EqualDistributionWithAffinity", nil),
				"javascript": strategy("JavaScript", func(o object) string {
					return first(needs(o, "function", "function must not be null"), "JavaScript is disabled")
				}),
			},
			Default: strategy("EqualDistribution", nil),
		}).Read,
		"autoScaler": (&poly{
			Base: pkg + "indexing.overlord.autoscaling.AutoScaler",
			Types: types{"ec2": (&class{
				Name:  pkg + "indexing.overlord.autoscaling.ec2.EC2AutoScaler",
				Props: props{"minNumWorkers": jackson.Int, "maxNumWorkers": jackson.Int, "envConfig": jackson.Any},
			}).Read},
			Default: (&class{Name: pkg + "indexing.overlord.autoscaling.NoopAutoScaler"}).Read,
		}).Read,
	},
}).Read

const actions = pkg + "indexing.common.actions."

// TaskActionHolder is a task action with the task that performs it.
func TaskActionHolder(v value) *jackson.Refusal {
	return (&class{Name: actions + "TaskActionHolder", Props: props{"task": Task, "action": taskAction}}).Read(v)
}

// taskAction is TaskAction. It is a function because a surrogateAction contains
// another.
func taskAction(v value) *jackson.Refusal {
	if slices.Contains(newerActions, v.Object()["type"].Text) {
		return nil
	}
	return (&poly{Base: actions + "TaskAction", Types: actionTypes}).Read(v)
}

// newerActions are sent by tasks of later versions of Druid, to a task runner that has no
// use for them.
var newerActions = []string{"updateStatus", "updateLocation"}

var actionTypes types

func init() { // the table refers to itself
	lockType := (jackson.Constants(pkg+"indexing.common.TaskLockType", "SHARED", "EXCLUSIVE"))
	action := func(name string, more props, check func(object) string) reading {
		return (&class{Name: actions + name, Props: more, Check: check}).Read
	}
	ofSegments := func(name string) reading {
		return action(name, props{"segments": jackson.Set(segment), "startMetadata": jackson.Any, "endMetadata": jackson.Any},
			func(o object) string { return when(!o.Given("segments"), jackson.Null) })
	}
	actionTypes = types{
		"lockAcquire":                action("LockAcquireAction", props{"lockType": lockType, "interval": interval, "timeoutMs": jackson.Long}, required("interval")),
		"lockTryAcquire":             action("LockTryAcquireAction", props{"lockType": lockType, "interval": interval}, nil),
		"lockList":                   action("LockListAction", nil, nil),
		"lockRelease":                action("LockReleaseAction", props{"interval": interval}, nil),
		"segmentInsertion":           ofSegments("SegmentInsertAction"),
		"segmentTransactionalInsert": ofSegments("SegmentTransactionalInsertAction"),
		"segmentNuke":                ofSegments("SegmentNukeAction"),
		"segmentMetadataUpdate":      ofSegments("SegmentMetadataUpdateAction"),
		"segmentListUsed": action("SegmentListUsedAction", props{"dataSource": jackson.String, "interval": interval, "intervals": jackson.List(interval)}, func(o object) string {
			return first(
				when(o.Given("interval") && o.Given("intervals"), "please specify intervals only"),
				when(!o.Given("interval") && len(o["intervals"].Elements) == 0, "no intervals found"),
			)
		}),
		"segmentListUnused": action("SegmentListUnusedAction", props{"dataSource": jackson.String, "interval": interval}, nil),
		"segmentAllocate": action("SegmentAllocateAction", props{
			"dataSource": jackson.String, "timestamp": instant, "queryGranularity": granularity, "preferredSegmentGranularity": granularity,
			"sequenceName": jackson.String, "previousSegmentId": jackson.String, "skipSegmentLineageCheck": jackson.Bool,
		}, required("dataSource", "timestamp", "queryGranularity", "preferredSegmentGranularity", "sequenceName")),
		"surrogateAction":              action("SurrogateAction", props{"surrogateId": jackson.String, "taskAction": taskAction}, nil),
		"resetDataSourceMetadata":      action("ResetDataSourceMetadataAction", props{"dataSource": jackson.String, "resetMetadata": jackson.Any}, nil),
		"checkPointDataSourceMetadata": action("CheckPointDataSourceMetadataAction", nil, required("supervisorId")),
	}
}
