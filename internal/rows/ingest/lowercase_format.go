package ingest

import (
	"strings"
)

// lowercaseFormat is JSON with its names in lower case and its values flat:
// JSONToLowerParser.
type lowercaseFormat struct{}

func (lowercaseFormat) startFile() {}

func (lowercaseFormat) fields(record string) ([]string, map[string]any, error) {
	object, err := readObject(record, jsonFeatures{})
	if err != nil {
		return nil, nil, err
	}
	event := newObject()
	for _, k := range object.keys {
		v := flat(object.values[k])
		if list, ok := object.values[k].([]any); ok {
			values := []any{}
			for _, x := range list {
				if x = flat(x); x != nil {
					values = append(values, x)
				}
			}
			v = values
		}
		if v != nil {
			event.put(strings.ToLower(k), v)
		}
	}
	return event.keys, event.values, nil
}

// flat returns a value without what is nested in it.
func flat(v any) any {
	switch v := v.(type) {
	case []any, *Object:
		return ""
	case bool:
		return javaText(v)
	}
	return v
}
