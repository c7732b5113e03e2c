// Package answer compares whole answers of a broker with what is expected of them. Who asks
// the broker is somewhere else.
package answer

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"oakmoot/internal/stage/scenario"
)

// Query is a native query.
type Query struct {
	Text        json.RawMessage
	Type        string   // its queryType
	DataSources []string // that it names, those of a union each
}

// Rows are the rows of an answer, decoded.
type Rows []any

// ReadQuery reads a query: JSON in a text, or a table of TOML.
func ReadQuery(value any) (q Query, err error) {
	decoded, err := read(value)
	if err != nil {
		return q, err
	}
	object, is := decoded.(map[string]any)
	if !is {
		return q, errors.New("a query is a JSON object, such as {\"queryType\": \"timeseries\", …}")
	}
	if q.Type, _ = object["queryType"].(string); q.Type == "" {
		return q, errors.New("a query needs its queryType")
	}
	q.DataSources = names(object["dataSource"])
	q.Text, err = json.Marshal(decoded)
	return q, err
}

// names are those of a dataSource: a name, a table, or a union of them.
func names(dataSource any) []string {
	switch d := dataSource.(type) {
	case string:
		return []string{d}
	case []any:
		var all []string
		for _, one := range d {
			all = append(all, names(one)...)
		}
		return all
	case map[string]any:
		if d["type"] == "union" {
			return names(d["dataSources"])
		}
		return names(d["name"])
	}
	return nil
}

// ReadRows reads the rows of an answer: JSON in a text, or an array of TOML.
func ReadRows(value any) (Rows, error) {
	decoded, err := read(value)
	if err != nil {
		return nil, err
	}
	rows, is := decoded.([]any)
	if !is {
		return nil, errors.New("an answer is an array of rows")
	}
	return rows, nil
}

// read decodes JSON in a text, or a value of TOML, so that equal things look the same.
func read(value any) (any, error) {
	text, is := value.(string)
	if !is {
		if what := unlike(value); what != "" {
			return nil, fmt.Errorf("%s is nothing in JSON: write it as a text", what)
		}
		encoded, err := json.Marshal(value)
		if err != nil {
			return nil, err
		}
		text = string(encoded)
	}
	return decode([]byte(text))
}

// decode reads one JSON value and nothing behind it.
func decode(text []byte) (value any, err error) {
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	if err := d.Decode(&value); err != nil {
		column := len(text) + 1
		if syntax, is := errors.AsType[*json.SyntaxError](err); is {
			column = int(syntax.Offset)
		}
		return nil, &scenario.SyntaxError{Text: string(text), Column: max(1, column), Message: "this is not JSON: " + strings.TrimPrefix(err.Error(), "json: ")}
	}
	at := int(d.InputOffset())
	if _, err := d.Token(); err != io.EOF {
		return nil, &scenario.SyntaxError{Text: string(text), Column: at + 1, Message: "something follows the JSON"}
	}
	return value, nil
}

// unlike names a value of TOML that JSON has not, such as a date; "" when there is none.
func unlike(value any) string {
	switch v := value.(type) {
	case nil, bool, string, int64, int, float64:
		return ""
	case []any:
		for _, one := range v {
			if what := unlike(one); what != "" {
				return what
			}
		}
		return ""
	case []map[string]any:
		for _, one := range v {
			if what := unlike(one); what != "" {
				return what
			}
		}
		return ""
	case map[string]any:
		for _, key := range slices.Sorted(maps.Keys(v)) {
			if what := unlike(v[key]); what != "" {
				return what
			}
		}
		return ""
	}
	return "a date or a time" // all that is left in TOML
}
