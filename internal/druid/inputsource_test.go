package druid_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"oakmoot/internal/druid"
)

const newerIndex = `{"type":"index","spec":{"dataSchema":{"dataSource":"wiki","timestampSpec":{"column":"t","format":"iso"},` +
	`"dimensionsSpec":{"dimensions":["page"]},"metricsSpec":[{"type":"count","name":"n"}],` +
	`"granularitySpec":{"type":"uniform","segmentGranularity":"DAY","queryGranularity":{"type":"none"},"rollup":false,"intervals":[]}},` +
	`"ioConfig":{"type":"index","inputSource":{"type":"local","baseDir":"/rows","filter":"*.csv"},` +
	`"inputFormat":{"type":"csv","findColumnsFromHeader":true}},"tuningConfig":{"type":"index","partitionsSpec":{"type":"dynamic"}}}}`

func TestNewerIndexTaskStaysAsItWasGiven(t *testing.T) {
	task, err := druid.ParseTask([]byte(newerIndex), 0)
	if err != nil {
		t.Fatal(err)
	}
	if want := "index_wiki_1970-01-01T00:00:00.000Z"; task.ID != want || task.DataSource != "wiki" || task.GroupID != want {
		t.Errorf("got %s of %s in %s", task.ID, task.DataSource, task.GroupID)
	}
	var given, got struct{ Spec json.RawMessage }
	for text, into := range map[string]any{newerIndex: &given, string(task.JSON): &got} {
		if err := json.Unmarshal([]byte(text), into); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff(string(given.Spec), string(got.Spec)); diff != "" {
		t.Error(diff)
	}
}

func TestNewerIndexTaskIsUnderstood(t *testing.T) {
	task, err := druid.ParseTask([]byte(newerIndex), 0)
	if err != nil {
		t.Fatal(err)
	}
	index, err := task.Index()
	if err != nil {
		t.Fatal(err)
	}
	spec := index.Spec
	if f := spec.IOConfig.Firehose; f.Type != "local" || f.BaseDir != "/rows" || f.Filter != "*.csv" {
		t.Errorf("got firehose %+v", f)
	}
	want := `{"type":"string","parseSpec":{"format":"csv","hasHeaderRow":true,"timestampSpec":{"column":"t","format":"iso"},"dimensionsSpec":{"dimensions":["page"]}}}`
	if diff := cmp.Diff(want, string(spec.DataSchema.Parser)); diff != "" {
		t.Error(diff)
	}
	if !spec.TuningConfig.ForceExtendableShardSpecs || spec.DataSchema.GranularitySpec.Intervals != nil {
		t.Errorf("got %+v", spec)
	}
}

func TestNewerIndexTaskWithoutAFormatIsRefused(t *testing.T) {
	task, err := druid.ParseTask([]byte(strings.Replace(newerIndex, "inputFormat", "format", 1)), 0)
	if err == nil {
		_, err = task.Index()
	}
	if err == nil || !strings.Contains(err.Error(), "inputFormat") {
		t.Errorf("got %v, want the format missed", err)
	}
}
