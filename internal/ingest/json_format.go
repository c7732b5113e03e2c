package ingest

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// jsonFormat reads one JSON value a record: JSONParseSpec. What is no object has no
// fields. Lists and objects within lists, and objects, are not discovered, but may be
// named.
type jsonFormat struct {
	allow    jsonFeatures
	discover bool
	flatten  []flattenField
}

type flattenSpec struct {
	UseFieldDiscovery *bool          `json:"useFieldDiscovery"`
	Fields            []flattenField `json:"fields"`
}

// flattenField picks a value out of nested objects. Expr is a path of plain
// names, "$.a.b"; jq and the rest of JsonPath are not supported.
type flattenField struct {
	Type string `json:"type"`
	Name string `json:"name"`
	Expr string `json:"expr"`

	path []string
}

func (f *flattenField) UnmarshalJSON(b []byte) error {
	if len(b) > 0 && b[0] == '"' {
		f.Type = "root"
		return json.Unmarshal(b, &f.Name)
	}
	type plain flattenField
	return json.Unmarshal(b, (*plain)(f))
}

func newJSON(spec parseSpec) (recordFormat, error) {
	f, err := newJSONFormat(spec.FlattenSpec)
	if err != nil {
		return nil, err
	}
	f.allow, err = spec.features()
	return f, err
}

func newJSONFormat(spec *flattenSpec) (*jsonFormat, error) {
	f := &jsonFormat{discover: true}
	if spec == nil {
		return f, nil
	}
	f.discover = spec.UseFieldDiscovery == nil || *spec.UseFieldDiscovery
	for _, field := range spec.Fields {
		if err := field.compile(); err != nil {
			return nil, err
		}
		f.flatten = append(f.flatten, field)
	}
	return f, nil
}

func (f *flattenField) compile() error {
	if f.Expr == "" {
		f.Expr = f.Name
	}
	switch f.Type {
	case "root":
		f.path = []string{f.Expr}
		return nil
	case "path":
		rest, ok := strings.CutPrefix(f.Expr, "$.")
		if ok && !strings.ContainsAny(rest, "[]*@?()") && !strings.Contains(rest, "..") {
			f.path = strings.Split(rest, ".")
			return nil
		}
	}
	return fmt.Errorf("flattenSpec: field %q: %s expression %q is not supported", f.Name, f.Type, f.Expr)
}

func (f *jsonFormat) startFile() {}

func (f *jsonFormat) fields(record string) ([]string, map[string]any, error) {
	object, err := readObject(record, f.allow)
	if err != nil {
		return nil, nil, err
	}
	event := make(map[string]any, len(object.keys))
	var names []string
	for _, k := range object.keys {
		v := object.values[k]
		event[k] = withoutNulls(v)
		if f.discover && discovered(v) {
			names = append(names, k)
		}
	}
	if len(f.flatten) == 0 {
		return names, event, nil
	}
	raw, _ := plain(object).(map[string]any)
	var picked []string
	for _, field := range f.flatten {
		event[field.Name] = field.pick(raw)
		names = slices.DeleteFunc(names, func(name string) bool { return name == field.Name })
		picked = append(picked, field.Name)
	}
	return append(picked, names...), event, nil
}

// discovered tells whether a field may be a dimension without being named:
// JSONFlattenerMaker.discoverRootFields.
func discovered(v any) bool {
	switch v := v.(type) {
	case nil, *Object:
		return false
	case []any:
		for _, x := range v {
			switch x.(type) {
			case []any, *Object:
				return false
			}
		}
	}
	return true
}

func (f flattenField) pick(raw map[string]any) any {
	var at any = raw
	for _, name := range f.path {
		object, ok := at.(map[string]any)
		if !ok {
			return nil
		}
		at = object[name]
	}
	return fromJSON(at)
}

// readObject reads the first value of a record; one that is no object has no fields.
func readObject(record string, allow jsonFeatures) (*Object, error) {
	v, err := (&jsonText{s: record, allow: allow}).value()
	if err != nil {
		return nil, err
	}
	if o, ok := v.(*Object); ok {
		return o, nil
	}
	return newObject(), nil
}
