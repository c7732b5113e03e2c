package ingest

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
)

// jsonFormat reads one JSON object a record: JSONParseSpec. Fields that hold
// objects are left out unless the flattenSpec picks something inside.
type jsonFormat struct {
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
	keys, raw, err := decodeObject(record)
	if err != nil {
		return nil, nil, err
	}
	event := make(map[string]any, len(raw))
	var names []string
	if f.discover {
		for _, k := range keys {
			if v := fromJSON(raw[k]); v != nil || raw[k] == nil {
				event[k] = v
				names = append(names, k)
			}
		}
	}
	for _, field := range f.flatten {
		if _, ok := event[field.Name]; !ok {
			names = append(names, field.Name)
		}
		event[field.Name] = field.pick(raw)
	}
	return names, event, nil
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

// decodeObject reads a JSON object and the order of its keys.
func decodeObject(record string) ([]string, map[string]any, error) {
	d := json.NewDecoder(strings.NewReader(record))
	d.UseNumber()
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return nil, nil, errors.Join(errors.New("not a JSON object"), err)
	}
	object := make(map[string]any)
	var keys []string
	for d.More() {
		key, err := d.Token()
		if err != nil {
			return nil, nil, err
		}
		var v any
		if err := d.Decode(&v); err != nil {
			return nil, nil, err
		}
		name := key.(string) // the decoder lets nothing else be a key
		if _, twice := object[name]; !twice {
			keys = append(keys, name)
		}
		object[name] = v
	}
	if _, err := d.Token(); err != nil {
		return nil, nil, err
	}
	if _, err := d.Token(); err != io.EOF {
		return nil, nil, errors.New("something follows the JSON object")
	}
	return keys, object, nil
}
