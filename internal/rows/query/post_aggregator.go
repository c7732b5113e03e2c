package query

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
)

// postAggregator computes a value from those of aggregators.
type postAggregator struct {
	name  string
	reads []string // the values that eval reads
	eval  func(values map[string]any) any
}

func parsePostAggregator(raw json.RawMessage) (postAggregator, error) {
	n, err := readNode(raw)
	if err != nil {
		return postAggregator{}, inside("postAggregations", err)
	}
	return postAggregatorOf(n)
}

func postAggregatorOf(n node) (postAggregator, error) {
	if n.null() {
		return postAggregator{}, bad("postAggregations: null is no post-aggregator")
	}
	kind, err := n.typeOf("postAggregator", "aggregation.PostAggregator", knownPostAggregators)
	if err != nil {
		return postAggregator{}, err
	}
	var name, fn, field *string
	for key, to := range map[string]**string{"name": &name, "fn": &fn, "fieldName": &field} {
		if *to, err = n.of(key).string(); err != nil {
			return postAggregator{}, inside("postAggregations: "+key, err)
		}
	}
	switch kind {
	case "constant":
		return constantOf(n, orEmpty(name))
	case "arithmetic":
		return arithmeticOf(n, orEmpty(name), orEmpty(fn))
	}
	if field == nil {
		return postAggregator{}, bad("postAggregations: %s wants a fieldName", kind)
	}
	return postAggregator{orEmpty(name), []string{*field}, func(values map[string]any) any { return values[*field] }}, nil
}

// constantOf reads a number, from a string too, as Jackson does.
func constantOf(n node, name string) (postAggregator, error) {
	text, err := n.of("value").string()
	if err != nil {
		return postAggregator{}, inside("postAggregations: constant "+name, err)
	}
	if text == nil {
		return postAggregator{}, refused("aggregation.post.ConstantPostAggregator", "Constant value must not be null")
	}
	if whole, err := strconv.ParseInt(*text, 10, 64); err == nil {
		return postAggregator{name: name, eval: func(map[string]any) any { return whole }}, nil
	}
	f, err := strconv.ParseFloat(*text, 64)
	if err != nil {
		return postAggregator{}, bad("Can not construct instance of java.lang.Number from String value '%s': not a valid number", *text)
	}
	return postAggregator{name: name, eval: func(map[string]any) any { return f }}, nil
}

// operators are ArithmeticPostAggregator's; "/" gives zero for a zero divisor.
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

func arithmeticOf(n node, name, fn string) (postAggregator, error) {
	const class = "aggregation.post.ArithmeticPostAggregator"
	items, err := n.of("fields").list()
	if err != nil {
		return postAggregator{}, inside("postAggregations: fields", err)
	}
	if len(items) < 2 {
		return postAggregator{}, refused(class, "Illegal number of fields[%%s], must be > 1")
	}
	op, ok := operators[fn]
	if !ok {
		return postAggregator{}, refused(class, "Unknown operation[%s]", fn)
	}
	fields := make([]postAggregator, len(items))
	var reads []string
	for i, item := range items {
		if fields[i], err = postAggregatorOf(item); err != nil {
			return postAggregator{}, err
		}
		reads = append(reads, fields[i].reads...)
	}
	return postAggregator{name, reads, func(values map[string]any) any {
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
