package gate

import (
	"strings"

	"oakmoot/internal/druid/jackson"
)

// transform is Transform; the only subtype of 0.14.0 is an expression.
var transform = (&poly{Base: pkg + "segment.transform.Transform", Types: types{"expression": (&class{
	Name:  pkg + "segment.transform.ExpressionTransform",
	Props: props{"name": jackson.String, "expression": jackson.String},
	Check: required("name", "expression"),
}).Read}}).Read

// dataSchema is DataSchema. To it the parser is a map, which is read by whoever parses.
var dataSchema = (&class{
	Name: pkg + "segment.indexing.DataSchema",
	Props: props{
		"dataSource": jackson.String, "parser": jackson.Objects, "granularitySpec": granularitySpec,
		"metricsSpec": jackson.Array(aggregatorOf, func(v value) *jackson.Refusal { return aggregator(v) }),
		"transformSpec": (&class{
			Name:  pkg + "segment.transform.TransformSpec",
			Props: props{"filter": filter, "transforms": jackson.List(transform)},
			Check: func(o object) string {
				name := twice(o["transforms"].Elements)
				return when(name != nil, "Transform name '"+*orEmpty(name)+"' cannot be used twice")
			},
		}).Read,
	},
	Check: func(o object) string {
		dataSource := o["dataSource"]
		metrics := o["metricsSpec"].Elements
		for _, m := range metrics {
			if m.IsNull() {
				return jackson.Null
			}
		}
		name := twice(metrics)
		return first(
			when(dataSource.IsNull() || dataSource.Text == "", "dataSource cannot be null or empty. Please provide a dataSource."),
			when(strings.Contains(dataSource.Text, "/"), "dataSource cannot contain the '/' character."),
			when(name != nil, "duplicate aggregators found with name ["+*orEmpty(name)+"]."),
		)
	},
}).Read

// twice returns a name that two objects of a list share. A filtered aggregator without
// a name has the name of the one inside it.
func twice(all []value) *string {
	seen := map[string]bool{}
	for _, v := range all {
		name := nameOf(v)
		if seen[name] {
			return &name
		}
		seen[name] = true
	}
	return nil
}

func nameOf(v value) string {
	o := v.Object()
	switch {
	case o.Given("name") && o["name"].Text != "":
		return o["name"].Text
	case o["type"].Text == "filtered":
		return nameOf(o["aggregator"])
	case o.Given("name"):
		return ""
	}
	return "null"
}

func orEmpty(s *string) *string {
	if s == nil {
		return new(string)
	}
	return s
}

// duplicated returns a name that is in a list twice, ignoring case:
// ParserUtils.validateFields.
func duplicated(names []string) string {
	seen := map[string]bool{}
	for _, name := range names {
		if seen[name] {
			return "Duplicate column entries found : [" + name + "]"
		}
		seen[name] = true
	}
	return ""
}

// dimensionsSpec is DimensionsSpec.
var dimensionsSpec = (&class{
	Name: pkg + "data.input.impl.DimensionsSpec",
	Props: props{
		"dimensions": jackson.List(jackson.Any), "dimensionExclusions": jackson.List(jackson.String), "spatialDimensions": jackson.List(jackson.Any),
	},
	Check: func(o object) string {
		var names []string
		excluded := map[string]bool{}
		for _, v := range o["dimensionExclusions"].Elements {
			excluded[v.Text] = true
		}
		overlaps := false
		for _, v := range o["dimensions"].Elements {
			name := v.Text
			if v.Token == "START_OBJECT" {
				name = v.Object()["name"].Text
			}
			names = append(names, name)
			overlaps = overlaps || excluded[name]
		}
		return first(when(overlaps, "dimensions and dimensions exclusions cannot overlap"), duplicated(names))
	},
}).Read

const firehoses = pkg + "segment.realtime.firehose."

// finite are the firehoses that end by themselves: FiniteFirehoseFactory.
var finite = map[string]bool{"local": true, "http": true, "ingestSegment": true, "inline": true, "sql": true}

var firehoseTypes types

// firehose is FirehoseFactory with its subtypes. It is a function because firehoses
// contain firehoses.
func firehose(v value) *jackson.Refusal {
	if v.Object()["type"].Text == "inline" { // of a newer Druid, which this program reads
		return nil
	}
	return (&poly{Base: pkg + "data.input.FirehoseFactory", Types: firehoseTypes}).Read(v)
}

func fetching(name string, more props, check func(object) string) reading {
	for _, key := range []string{"maxCacheCapacityBytes", "maxFetchCapacityBytes", "prefetchTriggerBytes", "fetchTimeout"} {
		more[key] = jackson.LongObj
	}
	more["maxFetchRetry"] = jackson.Integer
	return (&class{Name: firehoses + name, Props: more, Check: check}).Read
}

func init() { // the tables that refer to themselves
	firehoseTypes = types{
		"local": (&class{Name: firehoses + "LocalFirehoseFactory", Props: props{"baseDir": jackson.String, "filter": jackson.String}}).Read,
		"receiver": (&class{
			Name:  firehoses + "EventReceiverFirehoseFactory",
			Props: props{"serviceName": jackson.String, "bufferSize": jackson.Integer, "maxIdleTime": jackson.LongObj},
			Check: required("serviceName"),
		}).Read,
		"timed":      (&class{Name: firehoses + "TimedShutoffFirehoseFactory", Props: props{"delegate": firehose, "shutoffTime": instant}}).Read,
		"clipped":    (&class{Name: firehoses + "ClippedFirehoseFactory", Props: props{"delegate": firehose, "interval": interval}}).Read,
		"fixedCount": (&class{Name: firehoses + "FixedCountFirehoseFactory", Props: props{"delegate": firehose, "count": jackson.Int}}).Read,
		"combining": (&class{
			Name: firehoses + "CombiningFirehoseFactory", Props: props{"delegates": jackson.List(firehose)},
			Check: func(o object) string { return when(len(o["delegates"].Elements) == 0, jackson.Null) },
		}).Read,
		"ingestSegment": (&class{
			Name: pkg + "indexing.firehose.IngestSegmentFirehoseFactory",
			Props: props{
				"dataSource": jackson.String, "interval": interval, "filter": filter,
				"dimensions": jackson.List(jackson.String), "metrics": jackson.List(jackson.String),
			},
			Check: required("dataSource", "interval"),
		}).Read,
		"http": fetching("HttpFirehoseFactory", props{"uris": jackson.List(jackson.String)}, func(o object) string {
			return first(when(!o.Given("uris"), jackson.Null), when(len(o["uris"].Elements) == 0, "Empty URIs"))
		}),
		"sql": fetching("SqlFirehoseFactory", props{"sqls": jackson.List(jackson.String), "foldCase": jackson.Bool, "database": jackson.Any}, func(o object) string {
			return first(when(!o.Given("sqls"), jackson.Null), when(len(o["sqls"].Elements) == 0, "No SQL queries provided"))
		}),
	}
}

// newer reports whether a spec is in the format of newer Druids, which is handled
// elsewhere.
func newer(spec value) bool {
	o := spec.Object()
	return o["ioConfig"].Object().Given("inputSource")
}
