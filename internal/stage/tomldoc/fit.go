package tomldoc

import (
	"encoding"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"oakmoot/internal/stage/scenario"
)

var textUnmarshaler = reflect.TypeFor[encoding.TextUnmarshaler]()

// fit reports whether a value fits a type. Whatever does not fit in a table or array is reported and removed from it.
func (d *Document) fit(path Path, value any, t reflect.Type) bool {
	if reflect.PointerTo(t).Implements(textUnmarshaler) {
		return d.fitText(path, value, t)
	}
	switch t.Kind() {
	case reflect.Pointer:
		return d.fit(path, value, t.Elem())
	case reflect.Struct:
		return d.fitTable(path, value, t, func(key string) (reflect.Type, bool) { return fieldType(t, key) })
	case reflect.Map:
		return d.fitTable(path, value, t, func(string) (reflect.Type, bool) { return t.Elem(), true })
	case reflect.Slice:
		return d.fitArray(path, value, t)
	case reflect.Interface: // whoever reads it says what is wrong with it
		return true
	}
	fits := false
	switch value.(type) {
	case string:
		fits = t.Kind() == reflect.String
	case bool:
		fits = t.Kind() == reflect.Bool
	case int64:
		fits = t.Kind() == reflect.Int || t.Kind() == reflect.Int64 || t.Kind() == reflect.Float64
	case float64:
		fits = t.Kind() == reflect.Float64
	}
	if !fits {
		d.misfit(path, value, t)
	}
	return fits
}

func (d *Document) fitText(path Path, value any, t reflect.Type) bool {
	text, isString := value.(string)
	if !isString {
		switch value.(type) {
		case int64, float64:
			text = fmt.Sprint(value)
		default:
			d.Add(path, "a string is expected here, not "+nameOf(value))
			return false
		}
	}
	err := reflect.New(t).Interface().(encoding.TextUnmarshaler).UnmarshalText([]byte(text))
	switch {
	case err != nil:
		d.Add(path, err.Error())
	case !isString:
		d.Add(path, "a string is expected here: write it in quotes")
	default:
		return true
	}
	return false
}

func (d *Document) fitTable(path Path, value any, t reflect.Type, typeOf func(key string) (reflect.Type, bool)) bool {
	table, ok := value.(map[string]any)
	if !ok {
		d.misfit(path, value, t)
		return false
	}
	for _, key := range slices.Sorted(maps.Keys(table)) {
		member, known := typeOf(key)
		if !known {
			d.unknownKey(path, key, t)
		}
		if !known || !d.fit(path.then(key), table[key], member) {
			delete(table, key)
		}
	}
	return true
}

func (d *Document) fitArray(path Path, value any, t reflect.Type) bool {
	array, ok := value.([]any)
	if !ok {
		d.misfit(path, value, t)
		return false
	}
	fits := true
	for i, v := range array {
		fits = d.fit(path.then(i), v, t.Elem()) && fits
	}
	return fits
}

// unknownKey reports a key that a struct has no field for. The key that was probably meant is not reported as
// missing.
func (d *Document) unknownKey(path Path, key string, t reflect.Type) {
	known := fieldNames(t)
	if tables := d.tablesWith(key); len(tables) > 0 && t.Kind() == reflect.Struct {
		d.AddKey(path.then(key), fmt.Sprintf("%s is no key of %s, but of %s", key, tableName(path), strings.Join(tables, " and ")))
		return
	}
	near := synonym(t, key)
	if near == "" {
		near = scenario.Nearest(key, known)
	}
	if near == "" {
		d.AddKey(path.then(key), fmt.Sprintf("unknown key %q; known are %s", key, strings.Join(known, ", ")))
		return
	}
	d.AddKey(path.then(key), fmt.Sprintf("unknown key %q; did you mean %q?", key, near))
	d.mark(path.then(near))
}

// tablesWith are the tables of the file that have a key.
func (d *Document) tablesWith(key string) []string {
	var tables []string
	for i := range d.root.NumField() {
		name, t := d.root.Field(i).Tag.Get("toml"), d.root.Field(i).Type
		form := "[%s]"
		if t.Kind() == reflect.Slice {
			t, form = t.Elem(), "[[%s]]"
		}
		if t.Kind() != reflect.Struct || name == "" || reflect.PointerTo(t).Implements(textUnmarshaler) {
			continue
		}
		if _, has := fieldType(t, key); has {
			tables = append(tables, fmt.Sprintf(form, name))
		}
	}
	return tables
}

// tableName is the table at a path, for people.
func tableName(path Path) string {
	switch {
	case len(path) == 0:
		return "the top of the file"
	case len(path) == 2:
		if _, nth := path[1].(int); nth {
			return fmt.Sprintf("[[%v]]", path[0])
		}
	case len(path) == 1:
		return fmt.Sprintf("[%v]", path[0])
	}
	return path.String()
}

// synonym is the key of a struct that people also call by this word: its field's tag "also" says so.
func synonym(t reflect.Type, word string) string {
	if t.Kind() != reflect.Struct {
		return ""
	}
	for i := range t.NumField() {
		if slices.Contains(strings.Split(t.Field(i).Tag.Get("also"), ","), word) {
			return t.Field(i).Tag.Get("toml")
		}
	}
	return ""
}

func (d *Document) misfit(path Path, value any, t reflect.Type) {
	d.Add(path, fmt.Sprintf("%s is expected here, not %s", expected(path, t), nameOf(value)))
}

// expected names what a type takes.
func expected(path Path, t reflect.Type) string {
	switch t.Kind() {
	case reflect.String:
		return "a string"
	case reflect.Bool:
		return "true or false"
	case reflect.Int, reflect.Int64:
		return "a whole number"
	case reflect.Float64:
		return "a number"
	case reflect.Slice:
		if t.Elem().Kind() == reflect.Struct && len(path) == 1 {
			return fmt.Sprintf("an array of tables, written [[%s]],", path)
		}
		return "an array"
	}
	return "a table"
}

// nameOf names what a value is.
func nameOf(value any) string {
	switch value := value.(type) {
	case string:
		return "a string"
	case bool:
		return fmt.Sprint(value)
	case int64, float64:
		return fmt.Sprintf("the number %v", value)
	case []any:
		return "an array"
	case map[string]any:
		return "a table"
	}
	return "a date or time"
}

// fieldType is the type of the field with the toml name.
func fieldType(t reflect.Type, name string) (reflect.Type, bool) {
	for i := range t.NumField() {
		if t.Field(i).Tag.Get("toml") == name {
			return t.Field(i).Type, true
		}
	}
	return nil, false
}

func fieldNames(t reflect.Type) []string {
	var names []string
	for i := range t.NumField() {
		if name := t.Field(i).Tag.Get("toml"); name != "" {
			names = append(names, name)
		}
	}
	return names
}
