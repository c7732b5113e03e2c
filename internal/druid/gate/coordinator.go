package gate

import "oakmoot/internal/druid/jackson"

const coordinator = pkg + "server.coordinator."

// DynamicConfig is CoordinatorDynamicConfig.Builder, which also takes a list as one
// string, and anything else as an empty list.
var DynamicConfig = (&class{
	Name: coordinator + "CoordinatorDynamicConfig$Builder",
	Props: props{
		"millisToWaitBeforeDeleting": jackson.LongObj, "mergeBytesLimit": jackson.LongObj, "mergeSegmentsLimit": jackson.Integer,
		"maxSegmentsToMove": jackson.Integer, "replicantLifetime": jackson.Integer, "replicationThrottleLimit": jackson.Integer,
		"balancerComputeThreads": jackson.Integer, "emitBalancingStats": jackson.Boolean, "killDataSourceWhitelist": jackson.Any,
		"killAllDataSources": jackson.Boolean, "killPendingSegmentsSkipList": jackson.Any, "maxSegmentsInNodeLoadingQueue": jackson.Integer,
		"decommissioningNodes": jackson.Any, "decommissioningMaxPercentOfMaxSegmentsToMove": jackson.Integer,
	},
	Check: func(o object) string {
		for _, key := range []string{"killDataSourceWhitelist", "killPendingSegmentsSkipList", "decommissioningNodes"} {
			for _, v := range o[key].Elements {
				if v.Token != "VALUE_STRING" { // 0.14.0 fails when it writes the list
					return key + " is no list of strings"
				}
			}
		}
		return ""
	},
}).Read

// tieredReplicants is the check of LoadRule.
func tieredReplicants(o object) string {
	if !o.Given("tieredReplicants") {
		return ""
	}
	tiers := o["tieredReplicants"].Members
	if len(tiers) == 0 {
		return "A rule with empty tiered replicants is invalid"
	}
	for _, t := range tiers {
		one := object{"n": t.Value}
		if !numberGiven(one, "n") {
			return "Replicant value cannot be empty"
		}
		if n := number(one, "n", 0); n < 0 {
			return "Replicant value [" + shown(one, "n") + "] is less than 0, which is not allowed"
		}
	}
	return ""
}

// rule is a class of a rule. 0.14.0 accepts one without its interval or period, and its
// duties then fail in every run: druid.Rule refuses it.
func rule(name, span string, more props, check func(object) string) reading {
	all := with(props{"includeFuture": jackson.Boolean}, more)
	switch span {
	case "interval":
		all[span] = interval
	case "period":
		all[span] = period
	}
	return (&class{Name: coordinator + "rules." + name + "Rule", Props: all, Check: check}).Read
}

var (
	loads      = props{"tieredReplicants": jackson.Map("simple type, class java.lang.Integer", jackson.Integer)}
	broadcasts = props{"colocatedDataSources": jackson.List(jackson.String)}
)

// Rules is a List<Rule>.
var Rules = jackson.List(func(v value) *jackson.Refusal {
	return (&poly{Base: coordinator + "rules.Rule", Types: types{
		"loadForever":         rule("ForeverLoad", "", loads, tieredReplicants),
		"loadByInterval":      rule("IntervalLoad", "interval", loads, tieredReplicants),
		"loadByPeriod":        rule("PeriodLoad", "period", loads, tieredReplicants),
		"dropForever":         rule("ForeverDrop", "", nil, nil),
		"dropByInterval":      rule("IntervalDrop", "interval", nil, nil),
		"dropByPeriod":        rule("PeriodDrop", "period", nil, nil),
		"dropBeforeByPeriod":  rule("PeriodDropBefore", "period", nil, nil),
		"broadcastForever":    rule("ForeverBroadcastDistribution", "", broadcasts, nil),
		"broadcastByInterval": rule("IntervalBroadcastDistribution", "interval", broadcasts, nil),
		"broadcastByPeriod":   rule("PeriodBroadcastDistribution", "period", broadcasts, nil),
	}}).Read(v)
})

// DataSourceCompactionConfig is DataSourceCompactionConfig.
var DataSourceCompactionConfig = (&class{
	Name: coordinator + "DataSourceCompactionConfig",
	Props: props{
		"dataSource": jackson.String, "keepSegmentGranularity": jackson.Boolean, "taskPriority": jackson.Integer,
		"inputSegmentSizeBytes": jackson.LongObj, "targetCompactionSizeBytes": jackson.LongObj, "maxRowsPerSegment": jackson.Integer,
		"maxNumSegmentsToCompact": jackson.Integer, "skipOffsetFromLatest": period, "taskContext": jackson.Objects,
		"tuningConfig": (&class{
			Name: coordinator + "DataSourceCompactionConfig$UserCompactTuningConfig",
			Props: props{
				"maxRowsInMemory": jackson.Integer, "maxTotalRows": jackson.Integer, "indexSpec": indexSpec,
				"maxPendingPersists": jackson.Integer, "pushTimeout": jackson.LongObj,
			},
		}).Read,
	},
	Check: func(o object) string {
		limited := numberGiven(o, "maxRowsPerSegment") || numberGiven(o.Object("tuningConfig"), "maxTotalRows")
		return first(
			needs(o, "dataSource", "dataSource"),
			when(numberGiven(o, "targetCompactionSizeBytes") && limited, "targetCompactionSizeBytes cannot be used with maxRowsPerSegment or maxTotalRows of tuningConfig"),
			when(number(o, "maxNumSegmentsToCompact", 150) <= 1, "numTargetCompactionSegments should be larger than 1"),
		)
	},
}).Read

// Intervals is a List<Interval>.
var Intervals = jackson.List(interval)
