package ingest

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"oakmoot/internal/rows/jsonpath"
)

// flattenSpec is JSONPathSpec.
type flattenSpec struct {
	UseFieldDiscovery *bool          `json:"useFieldDiscovery"`
	Fields            []flattenField `json:"fields"`
}

// flattenField is JSONPathFieldSpec: a field of the root, a JsonPath or a jq program.
type flattenField struct {
	Type string  `json:"type"`
	Name *string `json:"name"`
	Expr *string `json:"expr"`
}

// UnmarshalJSON reads it; a bare string is the name of a field of the root.
func (f *flattenField) UnmarshalJSON(b []byte) error {
	if len(b) > 0 && b[0] == '"' {
		*f = flattenField{Type: "root"}
		return json.Unmarshal(b, &f.Name)
	}
	type plain flattenField
	if err := json.Unmarshal(b, (*plain)(f)); err != nil {
		return err
	}
	f.Type = strings.ToLower(f.Type)
	switch {
	case f.Type != "root" && f.Type != "path" && f.Type != "jq":
		return fmt.Errorf("flattenSpec: unknown type %q of a field; known are root, path, jq", f.Type)
	case f.Name == nil:
		return errors.New("flattenSpec: a field without a name")
	case f.Expr == nil && f.Type != "root":
		return fmt.Errorf("flattenSpec: field %q has no expr", *f.Name)
	}
	return nil
}

// extractor takes a field's value out of a document.
type extractor func(doc any) (any, error)

func (f *flattenField) extractor() (extractor, error) {
	switch f.Type {
	case "path":
		path, err := jsonpath.Compile(*f.Expr)
		if err != nil {
			return nil, exception("com.jayway.jsonpath.InvalidPathException", "flattenSpec: field %q: %v", *f.Name, err)
		}
		return func(doc any) (any, error) { return path.Read(doc), nil }, nil
	case "jq":
		return newJQ(*f.Name, *f.Expr)
	}
	key := *f.Name
	if f.Expr != nil {
		key = *f.Expr
	}
	return func(doc any) (any, error) { return rootField(doc, key), nil }, nil
}

// flattener makes fields from a document: ObjectFlatteners with JSONFlattenerMaker.
type flattener struct {
	discover   bool
	names      []string
	extractors map[string]extractor
}

func newFlattener(spec *flattenSpec) (*flattener, error) {
	f := &flattener{discover: true, extractors: map[string]extractor{}}
	if spec == nil {
		return f, nil
	}
	f.discover = spec.UseFieldDiscovery == nil || *spec.UseFieldDiscovery
	for _, field := range spec.Fields {
		if _, twice := f.extractors[*field.Name]; twice {
			return nil, exception(druidIAE, "Cannot have duplicate field definition: %s", *field.Name)
		}
		extract, err := field.extractor()
		if err != nil {
			return nil, err
		}
		f.names = append(f.names, *field.Name)
		f.extractors[*field.Name] = extract
	}
	return f, nil
}

// flatten returns all fields that can be asked for, including those of the root, and
// the names of the fields that are discovered: first those of the spec, then whatever
// in the root is neither nested nor null.
func (f *flattener) flatten(doc any) (names []string, event map[string]any, err error) {
	root, ok := doc.(*Object)
	if !ok {
		root = newObject()
	}
	names = append(names, f.names...)
	event = make(map[string]any, len(root.keys)+len(f.names))
	for _, key := range root.keys {
		v := root.values[key]
		event[key] = withoutNulls(v)
		if f.discover && f.extractors[key] == nil && discovered(v) {
			names = append(names, key)
		}
	}
	for _, name := range f.names {
		v, err := f.extractors[name](doc)
		if err != nil {
			return nil, nil, err
		}
		event[name] = withoutNulls(v)
	}
	return names, event, nil
}

func rootField(doc any, key string) any {
	o, ok := doc.(*Object)
	if !ok {
		return nil
	}
	return o.values[key]
}
