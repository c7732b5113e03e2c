package overlord

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"oakmoot/internal/druid"
)

// at is a candidate, of the use that is written "used/capacity".
func at(host, use string, groups ...string) candidate {
	c := candidate{host: host, groups: map[string]bool{}}
	if _, err := fmt.Sscanf(use, "%d/%d", &c.used, &c.capacity); err != nil {
		panic(err)
	}
	for _, g := range groups {
		c.groups[g] = true
	}
	return c
}

func TestWorkerSelection(t *testing.T) {
	bound := func(kind string, strong bool) strategy {
		return strategy{Type: kind, Affinity: &affinity{Affinity: map[string][]string{"wiki": {"w1", "w2"}, "edits": {"w3"}}, Strong: strong}}
	}
	wiki := druid.Task{DataSource: "wiki", Resource: druid.TaskResource{AvailabilityGroup: "g", RequiredCapacity: 1}}
	other := druid.Task{DataSource: "other", Resource: druid.TaskResource{AvailabilityGroup: "g", RequiredCapacity: 1}}
	wide := druid.Task{DataSource: "wiki", Resource: druid.TaskResource{AvailabilityGroup: "g", RequiredCapacity: 3}}
	for name, test := range map[string]struct {
		strategy strategy
		task     druid.Task
		workers  []candidate
		want     string
	}{
		"nobody there":                          {strategy{}, wiki, nil, ""},
		"without a strategy the most room":      {strategy{}, wiki, []candidate{at("w1", "1/2"), at("w2", "3/9"), at("w3", "0/2")}, "w2"},
		"equal: the most room":                  {strategy{Type: "equalDistribution"}, wiki, []candidate{at("w1", "0/3"), at("w2", "5/9")}, "w2"},
		"fill: the most used":                   {strategy{Type: "fillCapacity"}, wiki, []candidate{at("w1", "1/2"), at("w2", "3/9"), at("w3", "0/2")}, "w2"},
		"fill: not the full one":                {strategy{Type: "fillCapacity"}, wiki, []candidate{at("w1", "1/2"), at("w2", "9/9")}, "w1"},
		"no room":                               {strategy{}, wiki, []candidate{at("w1", "2/2"), at("w2", "3/2")}, ""},
		"room, but not enough":                  {strategy{}, wide, []candidate{at("w1", "0/2"), at("w2", "7/9")}, ""},
		"room enough":                           {strategy{}, wide, []candidate{at("w1", "0/3"), at("w2", "7/9")}, "w1"},
		"one of its availability group":         {strategy{}, wiki, []candidate{at("w1", "0/9", "g"), at("w2", "1/2", "h")}, "w2"},
		"affinity: its workers first":           {bound("equalDistributionWithAffinity", false), wiki, []candidate{at("w1", "1/2"), at("w4", "0/9")}, "w1"},
		"affinity: the best of its workers":     {bound("equalDistributionWithAffinity", false), wiki, []candidate{at("w1", "1/2"), at("w2", "0/2"), at("w4", "0/9")}, "w2"},
		"affinity: the fullest of its workers":  {bound("fillCapacityWithAffinity", false), wiki, []candidate{at("w1", "1/2"), at("w2", "0/2"), at("w4", "8/9")}, "w1"},
		"weak: others when its workers are not": {bound("equalDistributionWithAffinity", false), wiki, []candidate{at("w1", "2/2"), at("w4", "0/9")}, "w4"},
		"weak: never another's workers":         {bound("equalDistributionWithAffinity", false), wiki, []candidate{at("w1", "2/2"), at("w3", "0/9")}, ""},
		"strong: its workers or nobody":         {bound("equalDistributionWithAffinity", true), wiki, []candidate{at("w1", "2/2"), at("w4", "0/9")}, ""},
		"strong: its workers":                   {bound("fillCapacityWithAffinity", true), wiki, []candidate{at("w1", "1/2"), at("w4", "0/9")}, "w1"},
		"not listed: not a listed worker":       {bound("equalDistributionWithAffinity", true), other, []candidate{at("w1", "0/9"), at("w4", "0/1")}, "w4"},
		"not listed: nobody left":               {bound("equalDistributionWithAffinity", false), other, []candidate{at("w1", "0/9"), at("w3", "0/1")}, ""},
		"affinity without With":                 {bound("fillCapacity", false), wiki, []candidate{at("w1", "1/2"), at("w4", "8/9")}, "w1"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := test.strategy.choose(test.task, test.workers); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

func TestWorkerConfigs(t *testing.T) {
	for config, want := range map[string]string{
		`{}`: `{"type":"default","selectStrategy":null,"autoScaler":null}`,
		`{"selectStrategy":{"type":"fillCapacity"}}`: `{"type":"default","selectStrategy":{"type":"fillCapacity","affinityConfig":null},"autoScaler":null}`,
		`{"type":"default","selectStrategy":{"type":"equalDistributionWithAffinity","affinityConfig":{"affinity":{"wiki":["a:1"]}}}}`: `{"type":"default","selectStrategy":{"type":"equalDistributionWithAffinity","affinityConfig":{"affinity":{"wiki":["a:1"]},"strong":false}},"autoScaler":null}`,
		`{"autoScaler":{"type":"noop"}}`:                                     `{"type":"default","selectStrategy":null,"autoScaler":{"type":"NoopAutoScaler"}}`,
		`{"type":"other"}`:                                                   `{"type":"default","selectStrategy":null,"autoScaler":null}`,
		`{"selectStrategy":{"type":"best"}}`:                                 `{"type":"default","selectStrategy":{"type":"equalDistribution","affinityConfig":null},"autoScaler":null}`,
		`{"selectStrategy":{"type":"fillCapacityWithAffinity"}}`:             `{"type":"default","selectStrategy":{"type":"fillCapacityWithAffinity","affinityConfig":null},"autoScaler":null}`,
		`{"selectStrategy":{"type":"javascript","function":"function(){}"}}`: "error: JavaScript is disabled",
		`{"selectStrategy":{"type":"fillCapacity","affinityConfig":7}}`:      "error: json: ",
		`nothing`: "error: invalid character",
	} {
		parsed, err := parseWorkerConfig([]byte(config))
		got, marshalErr := druid.Marshal(parsed)
		if marshalErr != nil {
			t.Fatal(marshalErr)
		}
		text := string(got)
		if err != nil {
			text = "error: " + err.Error()
		}
		if strings.HasPrefix(want, "error: ") && strings.HasPrefix(text, want) {
			continue
		}
		if diff := cmp.Diff(want, text); diff != "" {
			t.Errorf("%s (-want +got):\n%s", config, diff)
		}
	}
}
