package query

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
)

// sample is a valid query of a type, or one that contains a valid object of a class,
// with %s where more can be said.
func sample(class, kind, more string) string {
	object := fmt.Sprintf(`{"type":%q%s}`, kind, more)
	series := func(key, value string) string {
		return `{"queryType":"timeseries","dataSource":"w","granularity":"all","intervals":["2014/2015"],` +
			`"aggregations":[{"type":"count","name":"n"},{"type":"longSum","name":"m","fieldName":"f"}],"` + key + `":` + value + `}`
	}
	top := func(key, value string) string {
		return `{"queryType":"topN","dataSource":"w","granularity":"all","intervals":["2014/2015"],"dimension":"d","metric":"n","threshold":1,` +
			`"aggregations":[{"type":"count","name":"n"}],"` + key + `":` + value + `}`
	}
	switch class {
	case "query":
		return fmt.Sprintf(`{"queryType":%q,"dataSource":"w","granularity":"all","intervals":["2014/2015"],"dimension":"d","metric":"n","threshold":1,`+
			`"aggregations":[{"type":"count","name":"n"}]%s}`, kind, more)
	case "aggregator":
		return series("aggregations", `[`+strings.TrimSuffix(object, "}")+`,"name":"x","fieldName":"f","aggregator":{"type":"count","name":"c"},"filter":{"type":"true"}}]`)
	case "postAggregator":
		return series("postAggregations", `[`+strings.TrimSuffix(object, "}")+`,"name":"x","fieldName":"n","value":1,"fn":"+","fields":[{"type":"constant","value":1},{"type":"constant","value":2}]}]`)
	case "filter":
		return series("filter", strings.TrimSuffix(object, "}")+`,"dimension":"d","expression":"1","pattern":"p","lower":"a","intervals":[],"field":{"type":"true"},"fields":[{"type":"true"}]}`)
	case "intervals":
		return series("intervals", strings.TrimSuffix(object, "}")+`,"intervals":["2014/2015"],"segments":[]}`)
	case "dataSource":
		return series("dataSource", strings.TrimSuffix(object, "}")+`,"name":"w","dataSources":["w","v"]}`)
	case "dimension":
		return top("dimension", strings.TrimSuffix(object, "}")+`,"dimension":"d"}`)
	case "metric":
		return top("metric", strings.TrimSuffix(object, "}")+`,"metric":"n"}`)
	case "toInclude":
		return `{"queryType":"segmentMetadata","dataSource":"w","toInclude":` + strings.TrimSuffix(object, "}") + `,"columns":[]}}`
	case "context":
		return series("context", `{`+strings.TrimPrefix(more, ",")+`}`)
	}
	panic(class)
}

// TestWhatIsNotUnderstoodIsRefused walks over everything that Druid 0.14.0 reads.
func TestWhatIsNotUnderstoodIsRefused(t *testing.T) {
	ask := func(class, kind, more string, refusal string) {
		t.Helper()
		text := sample(class, kind, more)
		_, err := Parse([]byte(text))
		switch {
		case refusal == "" && err != nil:
			t.Errorf("%s: got %v", text, err)
		case refusal != "" && (err == nil || !strings.Contains(err.Error(), refusal) || !strings.Contains(err.Error(), "not supported")):
			t.Errorf("%s: got %v, want that %s is not supported", text, err, refusal)
		}
	}
	for class, kinds := range vocabulary {
		for kind, w := range kinds {
			if w == unsupported {
				ask(class, kind, "", kind)
				continue
			}
			ask(class, kind, `,"nobody knows this":[1]`, "")
			for _, key := range strings.Fields(w.ignored) {
				ask(class, kind, `,"`+key+`":true`, "")
			}
			for _, key := range strings.Fields(w.refused) {
				ask(class, kind, `,"`+key+`":{"type":"x"}`, key)
				ask(class, kind, `,"`+key+`":null`, "")
			}
		}
	}
	for _, key := range strings.Fields(contextWords.ignored + " nobody") {
		ask("context", "", `,"`+key+`":true`, "")
	}
	for _, key := range strings.Fields(contextWords.refused) {
		ask("context", "", `,"`+key+`":true`, key)
		ask("context", "", `,"`+key+`":false`, "")
	}
}

// TestTheVocabularyIsDruids compares the types with those in Druid's own errors.
func TestTheVocabularyIsDruids(t *testing.T) {
	for class, known := range map[string]string{"query": knownQueries, "filter": knownFilters, "aggregator": knownAggregators, "postAggregator": knownPostAggregators} {
		_, types, _ := strings.Cut(known, ", ")
		names := strings.Split(types, ", ")
		for _, name := range names {
			if !knows(class, name) {
				t.Errorf("%s %s is not in the vocabulary", class, name)
			}
		}
		if len(names) != len(vocabulary[class]) {
			t.Errorf("%s: got %d types, want %d", class, len(vocabulary[class]), len(names))
		}
	}
}

func TestKeysAreThoseOfJackson(t *testing.T) {
	for text, want := range map[string]string{
		sample("filter", "selector", `,"Value":"x","DIMENSION":"e"`): "",
		`{"queryType":"timeseries","dataSource":"w","granularity":"all","intervals":["2014/2015"],"aggregations":[{"type":"longSum","name":"m","fieldname":"f"}]}`: "fieldName",
		`{"queryType":"timeseries","dataSource":"w","granularity":"all","intervals":["2014/2015"],"filter":{"type":"selector","dimension":"d","value":5}}`:         "",
		`{"queryType":"timeseries","dataSource":"w","granularity":"all","intervals":["2014/2015"],"filter":{"type":"selector","dimension":"d","value":["x"]}}`:     "START_ARRAY",
	} {
		_, err := Parse([]byte(text))
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%s: got %v, want %q in it", text, err, want)
		}
	}
}

// TestDeepQueriesAreRefusedSoon nests each nestable class too deeply, around a lot of
// text.
func TestDeepQueriesAreRefusedSoon(t *testing.T) {
	much := strings.Repeat("x", 1<<18)
	for class, around := range map[string][2]string{
		"filter":         {`{"type":"not","field":`, `}`},
		"aggregator":     {`{"type":"filtered","filter":{"type":"true"},"aggregator":`, `}`},
		"postAggregator": {`{"type":"arithmetic","name":"a","fn":"+","fields":[{"type":"constant","value":1},`, `]}`},
		"metric":         {`{"type":"inverted","metric":`, `}`},
		"dataSource":     {`{"type":"union","dataSources":[`, `]}`},
		"unknown":        {`[`, `]`},
	} {
		for _, depth := range []int{300, 5000, 100_000} {
			inner := map[string]string{
				"filter": `{"type":"selector","dimension":"d","value":"` + much + `"}`, "aggregator": `{"type":"count","name":"` + much + `"}`,
				"postAggregator": `{"type":"constant","value":1,"more":"` + much + `"}`, "metric": `"n"`, "dataSource": `"w"`, "unknown": `"` + much + `"`,
			}[class]
			value := strings.Repeat(around[0], depth) + inner + strings.Repeat(around[1], depth)
			key := map[string]string{"filter": "filter", "aggregator": "aggregations", "postAggregator": "postAggregations", "metric": "metric", "dataSource": "dataSource", "unknown": "unknown"}[class]
			if class == "aggregator" || class == "postAggregator" {
				value = `[` + value + `]`
			}
			q := map[string]json.RawMessage{}
			if err := json.Unmarshal([]byte(sample("query", "topN", "")), &q); err != nil {
				t.Fatal(err)
			}
			q[key] = json.RawMessage(value)
			var text strings.Builder
			text.WriteString(`{`)
			for k, v := range q {
				fmt.Fprintf(&text, "%q:%s,", k, v)
			}
			_, err := Parse([]byte(strings.TrimSuffix(text.String(), ",") + `}`))
			var refusal *Error
			if depth > maxDepth && !errors.As(err, &refusal) {
				t.Errorf("%s %d deep: got %v, want it refused", class, depth, err)
			}
			if err != nil && strings.Contains(err.Error(), "nested deeper") && depth < maxDepth/3 {
				t.Errorf("%s %d deep: %v", class, depth, err)
			}
		}
	}
}
