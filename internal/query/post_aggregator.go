package query

import (
	"encoding/json"
	"fmt"
)

// postAggregator computes a value of the values of aggregators.
type postAggregator struct {
	name string
	eval func(values map[string]any) any
}

type postAggregatorJSON struct {
	Type      string            `json:"type"`
	Name      string            `json:"name"`
	Fn        string            `json:"fn"`
	Fields    []json.RawMessage `json:"fields"`
	FieldName string            `json:"fieldName"`
	Value     json.RawMessage   `json:"value"`
}

func parsePostAggregator(raw json.RawMessage) (postAggregator, error) {
	var p postAggregatorJSON
	if err := json.Unmarshal(raw, &p); err != nil {
		return postAggregator{}, fmt.Errorf("postAggregations: %w", err)
	}
	switch p.Type {
	case "fieldAccess", "finalizingFieldAccess":
		return postAggregator{p.Name, func(values map[string]any) any { return values[p.FieldName] }}, nil
	case "constant":
		return parseConstant(p)
	case "arithmetic":
		return parseArithmetic(p)
	}
	return postAggregator{}, bad(classMapping, "Could not resolve type id '%s' into a subtype of [simple type, class org.apache.druid.query.aggregation.PostAggregator]", p.Type)
}

func parseConstant(p postAggregatorJSON) (postAggregator, error) {
	var whole int64
	if json.Unmarshal(p.Value, &whole) == nil {
		return postAggregator{p.Name, func(map[string]any) any { return whole }}, nil
	}
	var f float64
	if err := json.Unmarshal(p.Value, &f); err != nil {
		return postAggregator{}, fmt.Errorf("postAggregations: constant %q: %w", p.Name, err)
	}
	return postAggregator{p.Name, func(map[string]any) any { return f }}, nil
}

// operators are ArithmeticPostAggregator's; "/" gives zero where the divisor is.
var operators = map[string]func(a, b float64) float64{
	"+": func(a, b float64) float64 { return a + b },
	"-": func(a, b float64) float64 { return a - b },
	"*": func(a, b float64) float64 { return a * b },
	"/": func(a, b float64) float64 {
		if b == 0 {
			return 0
		}
		return a / b
	},
	"quotient": func(a, b float64) float64 { return a / b },
}

func parseArithmetic(p postAggregatorJSON) (postAggregator, error) {
	op, ok := operators[p.Fn]
	if !ok {
		return postAggregator{}, bad(classIAE, "Unknown operation[%s]", p.Fn)
	}
	if len(p.Fields) < 2 {
		return postAggregator{}, bad(classIAE, "Illegal number of fields[%d], must be > 1", len(p.Fields))
	}
	fields := make([]postAggregator, len(p.Fields))
	for i, raw := range p.Fields {
		var err error
		if fields[i], err = parsePostAggregator(raw); err != nil {
			return postAggregator{}, err
		}
	}
	return postAggregator{p.Name, func(values map[string]any) any {
		total := asDouble(fields[0].eval(values))
		for _, f := range fields[1:] {
			total = op(total, asDouble(f.eval(values)))
		}
		return total
	}}, nil
}

func asDouble(v any) float64 {
	switch v := v.(type) {
	case int64:
		return float64(v)
	case float32:
		return float64(v)
	case float64:
		return v
	}
	return 0
}
