package answer

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
)

// unordered are the types of queries whose rows come in no order that Druid promises.
var unordered = []string{"scan"}

// Compare says where a broker's answer is another than the rows expected of it; "" where it
// is not. All but a scan answer their rows in an order, which counts. Of a scan, the events
// are the rows, in whatever segments and in whatever order they come: ScanResultValue.
func (q Query) Compare(expected Rows, body []byte) (difference string, err error) {
	decoded, err := decode(body)
	if err != nil {
		return "", fmt.Errorf("answer of the broker: %w", err)
	}
	came, is := decoded.([]any)
	if !is {
		return "", fmt.Errorf("answer of the broker: it is no array of rows: %s", shown(decoded))
	}
	if slices.Contains(unordered, q.Type) {
		expected, came = events(expected), events(came)
		expected, came = paired(expected, came)
	}
	for i := range max(len(expected), len(came)) {
		said := fmt.Sprintf("%s expected, %d came: row %d ", count(len(expected)), len(came), i+1)
		switch {
		case i >= len(came):
			return said + "is missing: " + shown(expected[i]), nil
		case i >= len(expected):
			return said + "is one too many: " + shown(came[i]), nil
		}
		if at, want, got, differ := differs("", expected[i], came[i]); differ {
			if at != "" {
				at = fmt.Sprintf(" (%s: %s, not %s)", at, shown(got), shown(want))
			}
			return said + "is " + shown(came[i]) + " and not " + shown(expected[i]) + at, nil
		}
	}
	return "", nil
}

// Count is how many rows there are, in words.
func (r Rows) Count() string { return count(len(r)) }

func count(n int) string {
	if n == 1 {
		return "1 row"
	}
	return fmt.Sprintf("%d rows", n)
}

// events are the rows in the parts of a scan's answer, or the rows themselves where they
// are written without parts.
func events(rows Rows) (all Rows) {
	for _, row := range rows {
		part, _ := row.(map[string]any)
		if within, is := part["events"].([]any); is {
			all = append(all, within...)
		} else {
			all = append(all, row)
		}
	}
	return all
}

// paired puts those rows first that are on both sides, in one order.
func paired(expected, came Rows) (e, c Rows) {
	left := map[string]int{}
	for _, row := range came {
		left[plain(row)]++
	}
	var both, missing, surplus Rows
	for _, row := range expected {
		if left[plain(row)] > 0 {
			left[plain(row)]--
			both = append(both, row)
		} else {
			missing = append(missing, row)
		}
	}
	for _, row := range came {
		if left[plain(row)] > 0 {
			left[plain(row)]--
			surplus = append(surplus, row)
		}
	}
	return slices.Concat(both, missing), slices.Concat(both, surplus)
}

// differs is the first place at which two values differ, and what is there.
func differs(at string, want, got any) (where string, w, g any, differ bool) {
	switch a := want.(type) {
	case map[string]any:
		b, is := got.(map[string]any)
		if !is {
			break
		}
		all := maps.Clone(a)
		maps.Copy(all, b)
		for _, key := range slices.Sorted(maps.Keys(all)) {
			below := key
			if at != "" {
				below = at + "." + key
			}
			if _, in := a[key]; !in {
				return below, absent, b[key], true
			}
			if _, in := b[key]; !in {
				return below, a[key], absent, true
			}
			if where, w, g, differ = differs(below, a[key], b[key]); differ {
				return where, w, g, true
			}
		}
		return "", nil, nil, false
	case []any:
		b, is := got.([]any)
		if !is || len(a) != len(b) {
			break
		}
		for i := range a {
			if where, w, g, differ = differs(fmt.Sprintf("%s[%d]", at, i), a[i], b[i]); differ {
				return where, w, g, true
			}
		}
		return "", nil, nil, false
	}
	return at, want, got, plain(want) != plain(got)
}

// absent stands for what is not there.
type nothing struct{}

var absent = nothing{}

// longestShown bounds how much of a row is shown.
const longestShown = 400

func shown(v any) string {
	if v == absent {
		return "absent"
	}
	text := plain(v)
	if len(text) > longestShown {
		return fmt.Sprintf("%.*s… (%d bytes)", longestShown, text, len(text))
	}
	return text
}

// plain is a value as JSON in which equal values are equal, numbers by their size.
func plain(v any) string {
	text, _ := json.Marshal(levelled(v))
	return string(text)
}

// levelled writes equal numbers the same: 5.0 is 5.
func levelled(v any) any {
	switch v := v.(type) {
	case json.Number:
		if _, err := v.Int64(); err == nil {
			return v
		}
		if f, err := v.Float64(); err == nil {
			return json.Number(strconv.FormatFloat(f, 'g', -1, 64))
		}
	case []any:
		all := make([]any, len(v))
		for i, one := range v {
			all[i] = levelled(one)
		}
		return all
	case map[string]any:
		all := make(map[string]any, len(v))
		for key, one := range v {
			all[key] = levelled(one)
		}
		return all
	}
	return v
}
