package jsonpath

// Object is a JSON object with its keys in order. The other values of a document are
// nil, bool, int64, float64, string and []any.
type Object interface {
	Keys() []string
	Get(key string) (v any, ok bool)
}

// merged is the object made of several names of one object.
type merged struct {
	keys   []string
	values map[string]any
}

func (m *merged) Keys() []string { return m.keys }

func (m *merged) Get(key string) (any, bool) {
	v, ok := m.values[key]
	return v, ok
}

func merge(o Object, names []string) *merged {
	m := &merged{values: make(map[string]any)}
	for _, name := range names {
		v, ok := o.Get(name)
		if _, twice := m.values[name]; ok && !twice {
			m.keys = append(m.keys, name)
			m.values[name] = v
		}
	}
	return m
}

// nothing is the object that null stands for when a name is looked up.
var nothing = &merged{}

// children returns the values of an object or of a list, in order.
func children(v any) []any {
	switch v := v.(type) {
	case []any:
		return v
	case Object:
		var all []any
		for _, k := range v.Keys() {
			child, _ := v.Get(k)
			all = append(all, child)
		}
		return all
	}
	return nil
}
