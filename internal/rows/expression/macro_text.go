package expression

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"

	"oakmoot/internal/rows/javaregexp"
)

// like is LikeExprMacro: within a line, % stands for any text and _ for a character.
func like(name string, args []node) (node, error) {
	if err := countArgs(name, args, 2, 3, "2 or 3"); err != nil {
		return nil, err
	}
	pattern, literal, err := literalText(args[1])
	escape, literalToo, errToo := literalText(optional(args, 2))
	switch {
	case !literal || !literalToo:
		return nil, errors.New("pattern and escape must be literals")
	case err != nil || errToo != nil:
		return nil, errors.Join(err, errToo)
	case utf8.RuneCountInString(escape) > 1:
		return nil, errors.New("Escape must be null or a single character")
	}
	re, err := regexp.Compile(likePattern(pattern, escape))
	if err != nil {
		return nil, err
	}
	return ofArgument(args[0], func(v Value) (Value, error) { return ofBool(re.MatchString(v.text()), Long), nil }), nil
}

func likePattern(pattern, escape string) string {
	var b strings.Builder
	escaped := false
	for _, r := range pattern {
		switch {
		case escape != "" && string(r) == escape && !escaped:
			escaped = true
			continue
		case r == '%' && !escaped:
			b.WriteString(javaregexp.AnyCharacter + "*")
		case r == '_' && !escaped:
			b.WriteString(javaregexp.AnyCharacter)
		default:
			b.WriteString(regexp.QuoteMeta(string(r)))
			escaped = false
		}
	}
	return `^(?:` + b.String() + `)$`
}

// regexpExtract is RegexpExtractExprMacro.
func regexpExtract(name string, args []node) (node, error) {
	if err := countArgs(name, args, 2, 3, "2 to 3"); err != nil {
		return nil, err
	}
	pattern, isLiteral := args[1].(literal)
	index, isLiteralToo := literal{ofLong(0)}, true
	if len(args) > 2 {
		index, isLiteralToo = args[2].(literal)
	}
	switch {
	case !isLiteral || !isLiteralToo:
		return nil, fmt.Errorf("Function[%s] pattern and index must be literals", name)
	case index.value.kind == String:
		return nil, fmt.Errorf("Function[%s] index must be a number", name)
	}
	text := javaString(pattern.value.v)
	re, err := javaregexp.Compile(text)
	if err != nil {
		return nil, err
	}
	group := index.value.int()
	return ofArgument(args[0], func(v Value) (Value, error) {
		groups := re.FindStringSubmatch(v.text())
		switch {
		case groups == nil:
			return Value{}, nil
		case group < 0 || group >= len(groups):
			return Value{}, &Exception{"java.lang.IndexOutOfBoundsException", fmt.Sprintf("No group %d", group)}
		}
		return ofString(groups[group]), nil
	}), nil
}

// trim is TrimExprMacro. What is not cut stays what it was, even a number.
func trim(left, right bool) macro {
	return func(name string, args []node) (node, error) {
		if err := countArgs(name, args, 1, 2, "1 or 2"); err != nil {
			return nil, err
		}
		chars := node(literal{ofString(" ")})
		if len(args) > 1 {
			chars = args[1]
		}
		return evaluated(func(row Binding) (Value, error) {
			v, err := args[0].eval(row)
			if err != nil || v.IsNull() {
				return v, err
			}
			cut, err := chars.eval(row)
			if err != nil {
				return Value{}, err
			}
			text := v.text()
			if left {
				text = strings.TrimLeft(text, cut.text())
			}
			if right {
				text = strings.TrimRight(text, cut.text())
			}
			if text == v.text() {
				return v, nil
			}
			return ofString(text), nil
		}), nil
	}
}
