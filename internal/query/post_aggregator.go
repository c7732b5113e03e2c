package query

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// postAggregator computes a value of the values of aggregators.
type postAggregator struct {
	name  string
	reads []string // the values that eval looks at
	eval  func(values map[string]any) any
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
		return postAggregator{p.Name, []string{p.FieldName}, func(values map[string]any) any { return values[p.FieldName] }}, nil
	case "constant":
		return parseConstant(p)
	case "arithmetic":
		return parseArithmetic(p)
	}
	return postAggregator{}, bad("postAggregations of type %q are not supported; known are arithmetic, fieldAccess, finalizingFieldAccess, constant", p.Type)
}

func parseConstant(p postAggregatorJSON) (postAggregator, error) {
	var whole int64
	if json.Unmarshal(p.Value, &whole) == nil {
		return postAggregator{name: p.Name, eval: func(map[string]any) any { return whole }}, nil
	}
	var f float64
	if err := json.Unmarshal(p.Value, &f); err != nil {
		return postAggregator{}, fmt.Errorf("postAggregations: constant %q: %w", p.Name, err)
	}
	return postAggregator{name: p.Name, eval: func(map[string]any) any { return f }}, nil
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
	const class = "aggregation.post.ArithmeticPostAggregator"
	if len(p.Fields) < 2 {
		return postAggregator{}, refused(class, "Illegal number of fields[%%s], must be > 1")
	}
	op, ok := operators[p.Fn]
	if !ok {
		return postAggregator{}, refused(class, "Unknown operation[%s]", p.Fn)
	}
	fields := make([]postAggregator, len(p.Fields))
	var reads []string
	for i, raw := range p.Fields {
		var err error
		if fields[i], err = parsePostAggregator(raw); err != nil {
			return postAggregator{}, err
		}
		reads = append(reads, fields[i].reads...)
	}
	return postAggregator{p.Name, reads, func(values map[string]any) any {
		total := asDouble(fields[0].eval(values))
		for _, f := range fields[1:] {
			total = op(total, asDouble(f.eval(values)))
		}
		return total
	}}, nil
}

// parsePostAggregators checks that each reads only what comes before it.
func parsePostAggregators(raw []json.RawMessage, aggregators []aggregator) ([]postAggregator, error) {
	known := make(map[string]bool)
	for _, a := range aggregators {
		known[a.name()] = true
	}
	var out []postAggregator
	for _, r := range raw {
		p, err := parsePostAggregator(r)
		if err != nil {
			return nil, err
		}
		missing := slices.DeleteFunc(slices.Clone(p.reads), func(name string) bool { return known[name] })
		if len(missing) > 0 {
			return nil, refused("timeseries.TimeseriesQuery", "Missing fields [[%s]] for postAggregator [%s]", strings.Join(missing, ", "), p.name)
		}
		known[p.name] = true
		out = append(out, p)
	}
	return out, nil
}

func asDouble(v any) float64 {
	switch v := plain(v).(type) {
	case int64:
		return float64(v)
	case float32:
		return float64(v)
	case float64:
		return v
	}
	return 0
}
