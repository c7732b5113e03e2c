//go:build interop

package interop

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

type object = map[string]any

// writeRows writes rows to index, a line each, to a file of its own directory.
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

// indexTask indexes rows of pages, users and what they added, a segment a day.
func indexTask(id, dataSource, file string, appending bool) object {
	return batchTask(id, file, appending, object{
		"dataSource": dataSource,
		"parser": object{"type": "string", "parseSpec": object{
			"format": "json", "timestampSpec": object{"column": "t", "format": "auto"},
			"dimensionsSpec": object{"dimensions": []string{"page", "user"}},
		}},
		"metricsSpec":     []object{{"type": "count", "name": "count"}, {"type": "longSum", "name": "added", "fieldName": "added"}},
		"granularitySpec": object{"type": "uniform", "segmentGranularity": "DAY", "queryGranularity": "NONE", "rollup": false},
	})
}

// flightsTask indexes the quickstart's flights, real rows of three months, a segment each.
func flightsTask(t *testing.T, id string) object {
	t.Helper()
	file, err := filepath.Abs("../cluster/data/flights.json.gz")
	if err != nil {
		t.Fatal(err)
	}
	return batchTask(id, file, false, object{
		"dataSource": "flights",
		"parser": object{"type": "string", "parseSpec": object{
			"format": "json", "timestampSpec": object{"column": "date", "format": "yyyy/MM/dd HH:mm"},
			"dimensionsSpec": object{"dimensions": []string{"origin", "destination"}},
		}},
		"metricsSpec": []object{
			{"type": "count", "name": "count"}, {"type": "longSum", "name": "delay", "fieldName": "delay"}, {"type": "longSum", "name": "distance", "fieldName": "distance"},
		},
		"granularitySpec": object{"type": "uniform", "segmentGranularity": "MONTH", "queryGranularity": "NONE"},
	})
}

func batchTask(id, file string, appending bool, schema object) object {
	firehose := object{"type": "local", "baseDir": filepath.Dir(file), "filter": filepath.Base(file)}
	return object{"type": "index", "id": id, "spec": object{
		"dataSchema":   schema,
		"ioConfig":     object{"type": "index", "appendToExisting": appending, "firehose": firehose},
		"tuningConfig": object{"type": "index", "forceExtendableShardSpecs": true},
	}}
}
