package control

import (
	"encoding/json"
	"reflect"
)

// Full is a value whose lists and maps are written as [] and {} rather than null, at any depth. Byte slices, and
// values that write their own JSON, stay as they are.
func Full(v any) any {
	if v == nil {
		return nil
	}
	given := reflect.ValueOf(v)
	filled := reflect.New(given.Type()).Elem()
	filled.Set(given)
	fill(filled)
	return filled.Interface()
}

var marshaler = reflect.TypeFor[json.Marshaler]()

// fill replaces what is nil, in copies of what it changes.
func fill(v reflect.Value) {
	if v.Type().Implements(marshaler) || reflect.PointerTo(v.Type()).Implements(marshaler) {
		return
	}
	switch v.Kind() {
	case reflect.Slice:
		fillSlice(v)
	case reflect.Map:
		fillMap(v)
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Field(i).CanSet() {
				fill(v.Field(i))
			}
		}
	}
}

func fillSlice(v reflect.Value) {
	if v.Type().Elem().Kind() == reflect.Uint8 {
		return
	}
	all := reflect.MakeSlice(v.Type(), v.Len(), v.Len())
	reflect.Copy(all, v)
	for i := range all.Len() {
		fill(all.Index(i))
	}
	v.Set(all)
}

func fillMap(v reflect.Value) {
	all := reflect.MakeMapWithSize(v.Type(), v.Len())
	for iter := v.MapRange(); iter.Next(); {
		value := reflect.New(v.Type().Elem()).Elem()
		value.Set(iter.Value())
		fill(value)
		all.SetMapIndex(iter.Key(), value)
	}
	v.Set(all)
}
