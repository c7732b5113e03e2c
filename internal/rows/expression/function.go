package expression

import (
	"fmt"
	"maps"
	"strings"
)

// function is a row of the table of functions: Function in Java.
type function struct {
	least, most int // number of arguments; most is -1 for any
	apply       func(args []node, row Binding) (Value, error)
}

// needs is Druid's message for a wrong number of arguments.
func (f function) needs() string {
	switch {
	case f.most < 0:
		return fmt.Sprintf("must have at least %d arguments", f.least)
	case f.least < f.most:
		return fmt.Sprintf("needs %d or %d arguments", f.least, f.most)
	case f.least == 1:
		return "needs 1 argument"
	}
	return fmt.Sprintf("needs %d arguments", f.least)
}

// functions are all of Function.java, by their lower-case names.
var functions = joined(choices, mathFunctions, textFunctions, timeFunctions)

func joined(tables ...map[string]function) map[string]function {
	all := map[string]function{}
	for _, table := range tables {
		maps.Copy(all, table)
	}
	return all
}

// choices are the functions that choose between values or look at their types.
var choices = map[string]function{
	"if":            {3, 3, condition},
	"case_searched": {2, -1, caseSearched},
	"case_simple":   {3, -1, caseSimple},
	"nvl":           {2, 2, nvl},
	"cast":          two(cast),
	"isnull":        one(func(v Value) (Value, error) { return ofBool(v.IsNull(), Long), nil }),
	"notnull":       one(func(v Value) (Value, error) { return ofBool(!v.IsNull(), Long), nil }),
}

// one is a function of one value, two of two, and several of any number.
func one(f func(Value) (Value, error)) function {
	return several(1, 1, func(v []Value) (Value, error) { return f(v[0]) })
}

func two(f func(a, b Value) (Value, error)) function {
	return several(2, 2, func(v []Value) (Value, error) { return f(v[0], v[1]) })
}

func several(least, most int, f func([]Value) (Value, error)) function {
	return function{least, most, func(args []node, row Binding) (Value, error) {
		values := make([]Value, len(args))
		for i, arg := range args {
			var err error
			if values[i], err = arg.eval(row); err != nil {
				return Value{}, err
			}
		}
		return f(values)
	}}
}

func condition(args []node, row Binding) (Value, error) {
	v, err := args[0].eval(row)
	switch {
	case err != nil:
		return Value{}, err
	case v.truth():
		return args[1].eval(row)
	}
	return args[2].eval(row)
}

// caseSearched is CASE WHEN … THEN … ELSE … END.
func caseSearched(args []node, row Binding) (Value, error) {
	for i := 0; i+1 < len(args); i += 2 {
		v, err := args[i].eval(row)
		if err != nil {
			return Value{}, err
		}
		if v.truth() {
			return args[i+1].eval(row)
		}
	}
	if len(args)%2 == 1 {
		return args[len(args)-1].eval(row)
	}
	return Value{}, nil
}

// caseSimple is CASE … WHEN … THEN … ELSE … END; values are compared as by ==.
func caseSimple(args []node, row Binding) (Value, error) {
	for i := 1; i+1 < len(args); i += 2 {
		v, err := binary{"==", args[0], args[i]}.eval(row)
		if err != nil {
			return Value{}, err
		}
		if v.truth() {
			return args[i+1].eval(row)
		}
	}
	if len(args)%2 == 0 {
		return args[len(args)-1].eval(row)
	}
	return Value{}, nil
}

func nvl(args []node, row Binding) (Value, error) {
	v, err := args[0].eval(row)
	if err != nil || !v.IsNull() {
		return v, err
	}
	return args[1].eval(row)
}

func cast(v, to Value) (Value, error) {
	for _, t := range []Type{String, Long, Double} {
		if strings.EqualFold(to.text(), t.String()) {
			return v.castTo(t), nil
		}
	}
	return Value{}, fmt.Errorf("invalid type '%s'", to.text())
}
