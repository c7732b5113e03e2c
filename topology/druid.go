package topology

import (
	"cmp"
	"path/filepath"
	"strconv"
	"time"
)

// object is a JSON object that is written for Druid to read.
type object = map[string]any

// IndexTask is the index task that ingests an input file into the datasource, as JSON in
// the words of a version of Druid: org.apache.druid.indexing.common.task.IndexTask.
func (d DataSource) IndexTask(version, input string) map[string]any {
	if version != "0.14.0" {
		return d.newerIndexTask(input)
	}
	return object{
		"type": "index",
		"spec": object{
			"dataSchema": dataSchema(d.Name, parseSpec(d), d.Metrics, uniformGranularity(d)),
			"ioConfig": object{
				"type":     "index",
				"firehose": object{"type": "local", "baseDir": filepath.Dir(input), "filter": filepath.Base(input)},
			},
			"tuningConfig": object{"type": "index", "forceExtendableShardSpecs": true, "maxSavedParseExceptions": samplesKept},
		},
	}
}

// samplesKept is how many of the rows that could not be read a task's report shows.
const samplesKept = 3

// newerIndexTask is IndexTask since firehoses and parsers gave way to input sources and
// formats.
func (d DataSource) newerIndexTask(input string) object {
	parse := parseSpec(d)
	format := object{"type": parse["format"]}
	if len(d.Columns) > 0 {
		format["columns"] = d.Columns
	}
	return object{
		"type": "index",
		"spec": object{
			"dataSchema": object{
				"dataSource": d.Name, "timestampSpec": parse["timestampSpec"], "dimensionsSpec": parse["dimensionsSpec"],
				"metricsSpec": aggregators(d.Metrics), "granularitySpec": uniformGranularity(d),
			},
			"ioConfig": object{
				"type":        "index",
				"inputSource": object{"type": "local", "baseDir": filepath.Dir(input), "filter": filepath.Base(input)},
				"inputFormat": format,
			},
			"tuningConfig": object{"type": "index", "maxSavedParseExceptions": samplesKept},
		},
	}
}

func uniformGranularity(ds DataSource) object {
	return object{
		"type":               "uniform",
		"segmentGranularity": cmp.Or(ds.SegmentGranularity, "DAY"),
		"queryGranularity":   cmp.Or(ds.QueryGranularity, "NONE"),
		"rollup":             ds.Rollup == nil || *ds.Rollup,
	}
}

func dataSchema(name string, parse object, metrics []Metric, granularity object) object {
	return object{
		"dataSource":      name,
		"parser":          object{"type": "string", "parseSpec": parse},
		"metricsSpec":     aggregators(metrics),
		"granularitySpec": granularity,
	}
}

func parseSpec(ds DataSource) object {
	spec := object{
		"format":         cmp.Or(ds.Format, "json"),
		"timestampSpec":  object{"column": ds.Timestamp, "format": cmp.Or(ds.TimestampFormat, "auto")},
		"dimensionsSpec": object{"dimensions": ds.Dimensions},
	}
	if len(ds.Columns) > 0 {
		spec["columns"] = ds.Columns
	}
	return spec
}

func aggregators(metrics []Metric) []object {
	specs := make([]object, 0, len(metrics))
	for _, m := range metrics {
		spec := object{"type": m.Type, "name": m.Name}
		if m.Field != "" {
			spec["fieldName"] = m.Field
		}
		specs = append(specs, spec)
	}
	return specs
}

// LoadRules are rules as Druid reads them, as JSON:
// org.apache.druid.server.coordinator.rules.Rule.
func LoadRules(rules []LoadRule) []map[string]any {
	specs := make([]object, 0, len(rules))
	for _, r := range rules {
		spec := object{"type": r.Type}
		if r.Interval != "" {
			spec["interval"] = r.Interval
		}
		if r.Period != "" {
			spec["period"] = r.Period
		}
		if r.IncludeFuture != nil {
			spec["includeFuture"] = *r.IncludeFuture
		}
		if r.TieredReplicants != nil {
			spec["tieredReplicants"] = r.TieredReplicants
		}
		specs = append(specs, spec)
	}
	return specs
}

// FireDepartment is how a realtime node reads the stream, as JSON:
// org.apache.druid.segment.realtime.FireDepartment. A replay reads the input file.
func (s Stream) FireDepartment(input string) map[string]any {
	parse := parseSpec(DataSource{Timestamp: s.Timestamp, TimestampFormat: s.TimestampFormat, Dimensions: s.Dimensions})
	return object{
		"dataSchema": dataSchema(s.DataSource, parse, s.Metrics, object{
			"type": "uniform", "segmentGranularity": cmp.Or(s.SegmentGranularity, "HOUR"), "queryGranularity": "NONE",
		}),
		"ioConfig": object{"type": "realtime", "firehose": s.firehose(input), "plumber": object{"type": "realtime"}},
		"tuningConfig": object{
			"type":                      "realtime",
			"intermediatePersistPeriod": isoPeriod(s.Persist.Duration),
			"windowPeriod":              isoPeriod(s.Window.Duration),
			"rejectionPolicy":           object{"type": cmp.Or(s.Rejection, "serverTime")},
			"shardSpec":                 object{"type": "linear", "partitionNum": s.Partition},
		},
	}
}

// firehose is where the rows come from.
func (s Stream) firehose(input string) object {
	switch s.Source {
	case "push":
		return object{"type": "receiver", "serviceName": s.DataSource, "bufferSize": 100_000}
	case "generator":
		return object{"type": "generator", "rate": s.Rate}
	}
	return object{"type": "replay", "file": input, "rate": s.Rate, "shift": s.Shift, "repeat": s.Repeat}
}

// isoPeriod is a duration as an ISO 8601 period.
func isoPeriod(d time.Duration) string {
	return "PT" + strconv.FormatFloat(d.Seconds(), 'f', -1, 64) + "S"
}
