package query

import (
	"context"
	"encoding/json"
	"fmt"

	"oakmoot/internal/druid"
)

// runEach merges the results that one returns for each part.
func runEach(ctx context.Context, k kind, q *Query, parts []Part, one func(Part) (Result, error)) (Result, error) {
	var results []Result
	for _, p := range parts {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		r, err := one(p)
		if err != nil {
			return nil, err
		}
		results = append(results, r)
	}
	return k.merge(q, results), nil
}

// writeElements writes the answer of a query whose result is a list.
func writeElements[T any](r Result) ([]json.RawMessage, error) {
	var out []json.RawMessage
	for _, element := range r.([]T) {
		raw, err := druid.Marshal(element)
		if err != nil {
			return nil, err
		}
		out = append(out, raw)
	}
	return out, nil
}

// readElements reads what another server's writeElements has written.
func readElements[T any](queryType string, elements []json.RawMessage) (Result, error) {
	out := make([]T, len(elements))
	for i, raw := range elements {
		if err := json.Unmarshal(raw, &out[i]); err != nil {
			return nil, fmt.Errorf("%s: %w", queryType, err)
		}
	}
	return out, nil
}
