package expression

import (
	"errors"
	"fmt"
)

// macro makes a node from a call while the expression is parsed: ExprMacro. Its
// arguments are unevaluated, so a literal is one only if it is a single token.
type macro func(name string, args []node) (node, error)

// macros are those that Druid has without extensions, by name. lookup is one of them;
// there are no lookups here.
var macros = map[string]macro{
	"like":              like,
	"regexp_extract":    regexpExtract,
	"trim":              trim(true, true),
	"ltrim":             trim(true, false),
	"rtrim":             trim(false, true),
	"timestamp_ceil":    rounded(false),
	"timestamp_floor":   rounded(true),
	"timestamp_shift":   timestampShift,
	"timestamp_extract": timestampExtract,
	"timestamp_format":  timestampFormat,
	"timestamp_parse":   timestampParse,
	"lookup": func(string, []node) (node, error) {
		return nil, errors.New("function 'lookup' is not supported: there are no lookups here")
	},
}

// evaluated is a macro's node: the function that computes it.
type evaluated func(Binding) (Value, error)

func (e evaluated) eval(row Binding) (Value, error) { return e(row) }

// ofArgument is a macro's node that computes a value from that of an argument.
func ofArgument(arg node, f func(Value) (Value, error)) node {
	return evaluated(func(row Binding) (Value, error) {
		v, err := arg.eval(row)
		if err != nil {
			return Value{}, err
		}
		return f(v)
	})
}

func countArgs(name string, args []node, least, most int, words string) error {
	if len(args) < least || len(args) > most {
		return fmt.Errorf("Function[%s] must have %s arguments", name, words)
	}
	return nil
}

// optional returns the argument at a position, or null when there are fewer.
func optional(args []node, at int) node {
	if at < len(args) {
		return args[at]
	}
	return literal{}
}

// literalText returns a literal that must be a string or null.
func literalText(n node) (text string, ok bool, err error) {
	l, ok := n.(literal)
	if ok && !l.value.IsNull() && l.value.kind != String {
		return "", true, fmt.Errorf("%s instead of a string", l.value.kind)
	}
	return l.value.text(), ok, err
}
