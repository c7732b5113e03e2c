package ingest

import (
	"fmt"
	"strconv"
	"strings"

	"oakmoot/internal/druid"
	"oakmoot/internal/rows/jsonpath"
)

// Object is a JSON object with its keys in order.
type Object struct {
	keys   []string
	values map[string]any
}

func newObject() *Object { return &Object{values: make(map[string]any)} }

// Keys returns the object's keys, in order.
func (o *Object) Keys() []string { return o.keys }

// Get returns the value of a key.
func (o *Object) Get(key string) (v any, ok bool) {
	v, ok = o.values[key]
	return v, ok
}

// put sets a value. An existing key keeps its place.
func (o *Object) put(key string, value any) {
	if _, ok := o.values[key]; !ok {
		o.keys = append(o.keys, key)
	}
	o.values[key] = value
}

// String is AbstractMap.toString.
func (o *Object) String() string { return mapText(o.keys, o.values) }

func mapText(keys []string, values map[string]any) string {
	var b strings.Builder
	b.WriteByte('{')
	for i, k := range keys {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(k)
		b.WriteByte('=')
		b.WriteString(javaText(values[k]))
	}
	b.WriteByte('}')
	return b.String()
}

// javaText is String.valueOf.
func javaText(v any) string {
	switch v := v.(type) {
	case nil:
		return "null"
	case string:
		return v
	case int64:
		return strconv.FormatInt(v, 10)
	case float64:
		return druid.FormatDouble(v, 64)
	case []any:
		var b strings.Builder
		b.WriteByte('[')
		for i, x := range v {
			if i > 0 {
				b.WriteString(", ")
			}
			b.WriteString(javaText(x))
		}
		b.WriteByte(']')
		return b.String()
	}
	return fmt.Sprint(v)
}

// text returns a value as a dimension's: null is the empty string.
func text(v any) string {
	if v == nil {
		return ""
	}
	return javaText(v)
}

// javaClass is the class in Druid of a value that is neither a string nor a number.
func javaClass(v any) string {
	switch v.(type) {
	case []any:
		return "class java.util.ArrayList"
	case *Object:
		return "class java.util.LinkedHashMap"
	}
	return "class com.fasterxml.jackson.databind.node.BooleanNode"
}

// withoutNulls is what JSONFlattenerMaker makes of a value: nulls are dropped from
// lists, and kept in objects.
func withoutNulls(v any) any {
	switch v := v.(type) {
	case []any:
		list := make([]any, 0, len(v))
		for _, x := range v {
			if x != nil {
				list = append(list, withoutNulls(x))
			}
		}
		return list
	case jsonpath.Object:
		o := newObject()
		for _, k := range v.Keys() {
			x, _ := v.Get(k)
			o.put(k, withoutNulls(x))
		}
		return o
	}
	return v
}
