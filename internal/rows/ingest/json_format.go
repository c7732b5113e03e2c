package ingest

// jsonFormat reads one JSON value per record: JSONParseSpec. Anything but an object has
// no fields of its own.
type jsonFormat struct {
	*flattener
	allow jsonFeatures
}

func newJSON(spec parseSpec) (recordFormat, error) {
	f, err := newFlattener(spec.FlattenSpec)
	if err != nil {
		return nil, err
	}
	allow, err := spec.features()
	return &jsonFormat{f, allow}, err
}

func (f *jsonFormat) startFile() {}

func (f *jsonFormat) fields(record string) ([]string, map[string]any, error) {
	doc, err := (&jsonText{s: record, allow: f.allow}).value()
	if err != nil {
		return nil, nil, err
	}
	return f.flatten(doc)
}

// discovered reports whether a field may be a dimension without being named:
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

// readObject reads the first value of a record; one that is not an object has no
// fields.
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
