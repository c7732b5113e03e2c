package cluster

import (
	"context"
	"encoding/json"
	"fmt"

	"oakmoot/internal/stage/scenario"
)

// askBroker asks a broker each of the questions, by a native query.
func (c *Cluster) askBroker(ctx context.Context, questions []scenario.Question) (map[scenario.Question]float64, error) {
	answers := map[scenario.Question]float64{}
	for _, q := range questions {
		if _, asked := answers[q]; asked {
			continue
		}
		query, err := json.Marshal(nativeQuery(q))
		if err != nil {
			return nil, err
		}
		body, err := c.Query(ctx, query)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", q, err)
		}
		if answers[q], err = answerOf(body); err != nil {
			return nil, fmt.Errorf("%s: %w", q, err)
		}
	}
	return answers, nil
}

// always is all the time that Druid knows: Intervals.ETERNITY.
const always = "-146136543-09-08T08:23:32.096Z/146140482-04-24T15:36:27.903Z"

// nativeQuery is a question as a timeseries query.
func nativeQuery(q scenario.Question) map[string]any {
	aggregator := map[string]any{"type": "count", "name": "answer"}
	if q.Of != "count" {
		aggregator = map[string]any{"type": "double" + map[string]string{"sum": "Sum", "min": "Min", "max": "Max"}[q.Of], "name": "answer", "fieldName": q.Metric}
	}
	return map[string]any{
		"queryType": "timeseries", "dataSource": q.DataSource, "intervals": []string{always}, "granularity": "all",
		"aggregations": []any{aggregator}, "context": map[string]any{"useCache": false, "populateCache": false},
	}
}

// answerOf is the number in the answer to a native query; 0 when there is no row.
func answerOf(body []byte) (float64, error) {
	var answer []struct {
		Result struct{ Answer *float64 }
	}
	if err := json.Unmarshal(body, &answer); err != nil {
		return 0, fmt.Errorf("answer of the broker: %w", err)
	}
	if len(answer) == 0 || answer[0].Result.Answer == nil {
		return 0, nil
	}
	return *answer[0].Result.Answer, nil
}
