package cluster

import (
	"cmp"
	"encoding/json"
	"path/filepath"
	"strconv"
	"time"
)

// object is a JSON object that is written for Druid to read.
type object map[string]any

// indexTask is the index task that ingests a datasource's input file, in the words of
// a version of Druid.
func indexTask(version string, ds DataSource, input string) object {
	if version != "0.14.0" {
		return newerIndexTask(ds, input)
	}
	return object{
		"type": "index",
		"spec": object{
			"dataSchema": dataSchema(ds.Name, parseSpec(ds), ds.Metrics, uniformGranularity(ds)),
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

// newerIndexTask is the same since firehoses and parsers gave way to input sources
// and formats.
func newerIndexTask(ds DataSource, input string) object {
	parse := parseSpec(ds)
	format := object{"type": parse["format"]}
	if len(ds.Columns) > 0 {
		format["columns"] = ds.Columns
	}
	return object{
		"type": "index",
		"spec": object{
			"dataSchema": object{
				"dataSource": ds.Name, "timestampSpec": parse["timestampSpec"], "dimensionsSpec": parse["dimensionsSpec"],
				"metricsSpec": aggregators(ds.Metrics), "granularitySpec": uniformGranularity(ds),
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

// druidRules are the topology's rules as Druid reads them.
func druidRules(rules []LoadRule) []object {
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

// realtimeSpec is the druid.realtime.specFile of a realtime node: a fire
// department for each stream that it reads.
func (c *Cluster) realtimeSpec(n *node) ([]byte, error) {
	departments := []object{}
	for _, s := range c.topo.Streams {
		if s.Node != n.name {
			continue
		}
		firehose, err := c.firehose(s)
		if err != nil {
			return nil, err
		}
		departments = append(departments, fireDepartment(s, firehose))
	}
	return json.Marshal(departments)
}

func (c *Cluster) firehose(s Stream) (object, error) {
	switch s.Source {
	case "push":
		return object{"type": "receiver", "serviceName": s.DataSource, "bufferSize": 100_000}, nil
	case "generator":
		return object{"type": "generator", "rate": s.Rate}, nil
	}
	input, err := c.inputFile(s.Input)
	if err != nil {
		return nil, err
	}
	return object{"type": "replay", "file": input, "rate": s.Rate, "shift": s.Shift}, nil
}

func fireDepartment(s Stream, firehose object) object {
	parse := parseSpec(DataSource{Timestamp: s.Timestamp, TimestampFormat: s.TimestampFormat, Dimensions: s.Dimensions})
	return object{
		"dataSchema": dataSchema(s.DataSource, parse, s.Metrics, object{
			"type": "uniform", "segmentGranularity": cmp.Or(s.SegmentGranularity, "HOUR"), "queryGranularity": "NONE",
		}),
		"ioConfig": object{"type": "realtime", "firehose": firehose, "plumber": object{"type": "realtime"}},
		"tuningConfig": object{
			"type":                      "realtime",
			"intermediatePersistPeriod": isoPeriod(s.Persist.Duration),
			"windowPeriod":              isoPeriod(s.Window.Duration),
			"rejectionPolicy":           object{"type": cmp.Or(s.Rejection, "serverTime")},
			"shardSpec":                 object{"type": "linear", "partitionNum": s.Partition},
		},
	}
}

// isoPeriod is a duration as an ISO 8601 period.
func isoPeriod(d time.Duration) string {
	return "PT" + strconv.FormatFloat(d.Seconds(), 'f', -1, 64) + "S"
}
