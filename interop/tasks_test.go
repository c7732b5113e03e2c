//go:build interop

package interop

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"oakmoot/interop/real"
)

type object = map[string]any

// writeRows writes rows to index, one per line, to a file in a directory of its own.
func (g *game) writeRows(t *testing.T, name string, rows ...string) string {
	t.Helper()
	file := filepath.Join(g.dir, "rows", name)
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(strings.Join(rows, "\n")+"\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	return file
}

// indexTask indexes rows of pages, users and what they added, a segment per day.
func (g *game) indexTask(id, dataSource, file string, appending bool) object {
	return g.batchTask(id, file, appending, object{"column": "t", "format": "auto"}, []string{"page", "user"}, object{
		"dataSource":      dataSource,
		"metricsSpec":     []object{{"type": "count", "name": "count"}, {"type": "longSum", "name": "added", "fieldName": "added"}},
		"granularitySpec": object{"type": "uniform", "segmentGranularity": "DAY", "queryGranularity": "NONE", "rollup": false},
	})
}

// flightsTask indexes the quickstart's flights: real rows of three months, a segment each.
func (g *game) flightsTask(t *testing.T, id string) object {
	t.Helper()
	file, err := filepath.Abs("../topology/data/flights.json.gz")
	if err != nil {
		t.Fatal(err)
	}
	return g.batchTask(id, file, false, object{"column": "date", "format": "yyyy/MM/dd HH:mm"}, []string{"origin", "destination"}, object{
		"dataSource": "flights",
		"metricsSpec": []object{
			{"type": "count", "name": "count"}, {"type": "longSum", "name": "delay", "fieldName": "delay"}, {"type": "longSum", "name": "distance", "fieldName": "distance"},
		},
		"granularitySpec": object{"type": "uniform", "segmentGranularity": "MONTH", "queryGranularity": "NONE"},
	})
}

// batchTask is the task in the terms of the game's Druid: 0.14.0 reads rows with a firehose and a parser, 27.0.0 from
// an input source in a format.
func (g *game) batchTask(id, file string, appending bool, timestamp object, dimensions []string, schema object) object {
	rows := object{"type": "local", "baseDir": filepath.Dir(file), "filter": filepath.Base(file)}
	io := object{"type": "index", "appendToExisting": appending}
	tuning := object{"type": "index"}
	if g.version == real.Druid014 {
		io["firehose"] = rows
		tuning["forceExtendableShardSpecs"] = true
		schema["parser"] = object{"type": "string", "parseSpec": object{
			"format": "json", "timestampSpec": timestamp, "dimensionsSpec": object{"dimensions": dimensions},
		}}
	} else {
		io["inputSource"], io["inputFormat"] = rows, object{"type": "json"}
		schema["timestampSpec"], schema["dimensionsSpec"] = timestamp, object{"dimensions": dimensions}
	}
	return object{"type": "index", "id": id, "spec": object{"dataSchema": schema, "ioConfig": io, "tuningConfig": tuning}}
}
