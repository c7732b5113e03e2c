package ingest

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/itchyny/gojq"
)

// jqFormats are the formats that jackson-jq has.
var jqFormats = []string{"@text", "@json", "@html", "@uri", "@sh", "@base64"}

// checkJQ refuses what jackson-jq does not have, and whatever would read more than the
// document.
func checkJQ(query *gojq.Query) error {
	defined := map[string]bool{}
	eachPart(query, func(def *gojq.FuncDef) error {
		defined[def.Name+"/"+strconv.Itoa(len(def.Args))] = true
		for _, arg := range def.Args {
			defined[strings.TrimPrefix(arg, "$")+"/0"] = true
		}
		return nil
	})
	if query.Meta != nil || len(query.Imports) > 0 {
		return errors.New("modules are not supported")
	}
	return errors.Join(
		eachPart(query, func(f *gojq.Func) error {
			name := f.Name + "/" + strconv.Itoa(len(f.Args))
			switch {
			case f.Name == "$ENV" || f.Name == "$__loc__" || f.Name == "$__prog_args":
				return fmt.Errorf("Undefined variable: %s", f.Name)
			case strings.HasPrefix(f.Name, "$") || defined[name] || jqFunctions[name]:
				return nil
			}
			return fmt.Errorf("Function %s does not exist", name)
		}),
		eachPart(query, func(t *gojq.Term) error {
			if t.Format != "" && !slices.Contains(jqFormats, t.Format) {
				return fmt.Errorf("Function %s/0 does not exist", t.Format)
			}
			if t.Label != nil || t.Break != "" {
				return errors.New("label and break are not supported")
			}
			return nil
		}),
		eachPart(query, func(q *gojq.Query) error {
			if len(q.Patterns) > 1 {
				return errors.New("alternatives of patterns are not supported")
			}
			return nil
		}))
}

// eachPart calls f for every part of a program that has its type, until one returns an
// error.
func eachPart[T any](query *gojq.Query, f func(*T) error) error {
	var walk func(v reflect.Value) error
	walk = func(v reflect.Value) error {
		switch v.Kind() {
		case reflect.Pointer:
			if v.IsNil() {
				return nil
			}
			if part, ok := v.Interface().(*T); ok {
				if err := f(part); err != nil {
					return err
				}
			}
			return walk(v.Elem())
		case reflect.Slice:
			for i := range v.Len() {
				if err := walk(v.Index(i)); err != nil {
					return err
				}
			}
		case reflect.Struct:
			for i := range v.NumField() {
				if err := walk(v.Field(i)); err != nil {
					return err
				}
			}
		}
		return nil
	}
	return walk(reflect.ValueOf(query))
}

// computes reports whether a program's results come from arithmetic, which in
// jackson-jq yields whole numbers as integers: 1.5 + 1.5 is 3, whereas 3.0 stays 3.0.
func computes(q *gojq.Query) bool {
	if q == nil {
		return false
	}
	switch q.Op {
	case gojq.OpPipe:
		return computes(q.Right)
	case gojq.OpComma, gojq.OpAlt:
		return computes(q.Left) || computes(q.Right)
	case gojq.OpAdd, gojq.OpSub, gojq.OpMul, gojq.OpDiv, gojq.OpMod:
		return true
	}
	return q.Term != nil && termComputes(q.Term)
}

func termComputes(t *gojq.Term) bool {
	if len(t.SuffixList) > 0 {
		return false
	}
	switch {
	case t.Func != nil:
		return slices.Contains([]string{"add", "length", "tonumber", "pow"}, t.Func.Name) || slices.ContainsFunc(t.Func.Args, computes)
	case t.Array != nil:
		return computes(t.Array.Query)
	case t.Query != nil:
		return computes(t.Query)
	case t.Object != nil:
		return slices.ContainsFunc(t.Object.KeyVals, func(kv *gojq.ObjectKeyVal) bool { return computes(kv.Val) })
	case t.If != nil:
		return computes(t.If.Then) || computes(t.If.Else)
	case t.Reduce != nil:
		return computes(t.Reduce.Update)
	case t.Foreach != nil:
		return computes(t.Foreach.Update) || computes(t.Foreach.Extract)
	case t.Unary != nil:
		return true
	}
	return false
}
