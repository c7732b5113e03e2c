package jsonpath

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"oakmoot/internal/rows/javaregexp"
)

// condition is a filter's expression: ExpressionNode.
type condition interface {
	holds(root, item any) bool
}

type anyOf []condition

func (a anyOf) holds(root, item any) bool {
	return slices.ContainsFunc(a, func(c condition) bool { return c.holds(root, item) })
}

type allOf []condition

func (a allOf) holds(root, item any) bool {
	return !slices.ContainsFunc(a, func(c condition) bool { return !c.holds(root, item) })
}

type not struct{ inner condition }

func (n not) holds(root, item any) bool { return !n.inner.holds(root, item) }

// exists holds where the path can be followed. Druid's provider takes a missing name
// for null, and Jayway an index outside a list for a result, so it fails to hold only
// where an object or a list is missing on the way.
type exists struct{ place }

func (e exists) holds(root, item any) bool { return e.path.leads(root, e.from(root, item)) }

// maxFilterDepth limits nesting: of brackets, and of filters in filters.
const maxFilterDepth = 50

// filter reads what follows "[?".
func (c *compiler) filter() error {
	if c.depth++; c.depth > maxFilterDepth {
		return fmt.Errorf("filters are nested more than %d deep", maxFilterDepth)
	}
	defer func() { c.depth-- }()
	if err := c.expect("("); err != nil {
		return err
	}
	cond, err := c.or()
	if err != nil {
		return err
	}
	for _, end := range []string{")", "]"} {
		if err := c.expect(end); err != nil {
			return err
		}
	}
	c.add(filter{cond})
	return nil
}

// accept consumes a text, skipping blanks before it.
func (c *compiler) accept(text string) bool {
	rest, ok := strings.CutPrefix(strings.TrimLeft(c.rest, " "), text)
	if ok {
		c.rest = rest
	}
	return ok
}

func (c *compiler) expect(text string) error {
	if !c.accept(text) {
		return fmt.Errorf("Expected character: %s at %q", text, c.rest)
	}
	return nil
}

func (c *compiler) or() (condition, error) {
	var all anyOf
	for {
		cond, err := c.and()
		if err != nil {
			return nil, err
		}
		if all = append(all, cond); !c.accept("||") {
			return all, nil
		}
	}
}

func (c *compiler) and() (condition, error) {
	var all allOf
	for {
		cond, err := c.operand()
		if err != nil {
			return nil, err
		}
		if all = append(all, cond); !c.accept("&&") {
			return all, nil
		}
	}
}

func (c *compiler) operand() (condition, error) {
	if c.depth++; c.depth > maxFilterDepth {
		return nil, fmt.Errorf("filters are nested more than %d deep", maxFilterDepth)
	}
	defer func() { c.depth-- }()
	switch {
	case c.accept("!"):
		inner, err := c.operand()
		return not{inner}, err
	case c.accept("("):
		inner, err := c.or()
		if err == nil {
			err = c.expect(")")
		}
		return inner, err
	}
	return c.relation()
}

// operators in the order in which they are tried.
var operators = []string{"===", "!==", "==", "!=", "<=", ">=", "=~", "<", ">", "nin", "in", "NIN", "IN"}

// wrong are operators that Jayway reads, but that hold for the wrong values with
// Druid's provider.
var wrong = []string{"contains", "size", "empty", "all", "type", "matches", "exists"}

// relation is two values with an operator between them, or a path that must exist.
func (c *compiler) relation() (condition, error) {
	left, err := c.operandValue()
	if err != nil {
		return nil, err
	}
	for _, op := range wrong {
		if word := strings.TrimLeft(c.rest, " "); len(word) >= len(op) && strings.EqualFold(word[:len(op)], op) {
			return nil, fmt.Errorf("operator %s is not supported: with Druid 0.14.0 it holds for the wrong values", op)
		}
	}
	for _, op := range operators {
		if c.accept(op) {
			right, err := c.operandValue()
			return relation{strings.ToLower(op), left, right}, err
		}
	}
	path, ok := left.(place)
	if !ok {
		return nil, fmt.Errorf("Expected path node at %q", c.rest)
	}
	return exists{path}, nil
}

// operandValue reads a path, a string, a number, a keyword, a list or a regular
// expression.
func (c *compiler) operandValue() (operand, error) {
	c.rest = strings.TrimLeft(c.rest, " ")
	for word, v := range map[string]any{"true": true, "false": false, "null": nil} {
		if c.accept(word) {
			return fixed{v}, nil
		}
	}
	if c.rest == "" {
		return nil, fmt.Errorf("a value is missing")
	}
	switch first := c.rest[0]; {
	case first == '@' || first == '$':
		return c.place()
	case first == '\'' || first == '"':
		text, rest, err := quoted(c.rest)
		c.rest = rest
		return fixed{text}, err
	case first == '[':
		return c.list()
	case first == '/':
		return c.pattern()
	}
	digits := c.rest[:len(c.rest)-len(strings.TrimLeft(c.rest, "-.0123456789"))]
	n, ok := readNumber(digits)
	if !ok {
		return nil, fmt.Errorf("Failed to parse filter at %q", c.rest)
	}
	c.rest = c.rest[len(digits):]
	return fixed{n}, nil
}

// place reads a path within a filter, which a blank, a bracket or an operator ends.
func (c *compiler) place() (operand, error) {
	end, depth := 0, 0
	for ; end < len(c.rest); end++ {
		switch ch := c.rest[end]; {
		case ch == '\'' || ch == '"':
			_, rest, err := quoted(c.rest[end:])
			if err != nil {
				return nil, err
			}
			end = len(c.rest) - len(rest) - 1
		case ch == '[':
			depth++
		case ch == ']':
			depth--
		}
		if depth == 0 && strings.IndexByte(" )=!<>&|~(", c.rest[end]) >= 0 {
			break
		}
	}
	text := c.rest[:end]
	if strings.HasPrefix(c.rest[end:], "(") {
		return nil, fmt.Errorf("functions are not supported in filters: %q", c.rest)
	}
	if strings.Contains(text, "?") && c.depth+strings.Count(text, "?") > maxFilterDepth {
		return nil, fmt.Errorf("filters are nested more than %d deep", maxFilterDepth)
	}
	path, err := compile(text)
	c.rest = c.rest[end:]
	return place{path, text[0] == '$'}, err
}

// list reads the values for in and nin.
func (c *compiler) list() (operand, error) {
	c.rest = c.rest[1:]
	values := list{}
	for !c.accept("]") {
		if len(values) > 0 && !c.accept(",") {
			return nil, fmt.Errorf("a comma is missing at %q", c.rest)
		}
		v, err := c.operandValue()
		if err != nil {
			return nil, err
		}
		one, ok := v.(fixed)
		if !ok {
			return nil, fmt.Errorf("a list may hold strings, numbers, true, false and null")
		}
		values = append(values, one.v)
	}
	return fixed{values}, nil
}

// pattern reads /…/ and flags. The whole text must match.
func (c *compiler) pattern() (operand, error) {
	end := 1
	for end < len(c.rest) && c.rest[end] != '/' {
		if c.rest[end] == '\\' {
			end++
		}
		end++
	}
	if end >= len(c.rest) {
		return nil, fmt.Errorf("Could not find matching close for / when parsing regex in : %s", c.rest)
	}
	text := c.rest[1:end]
	c.rest = c.rest[end+1:]
	flags := c.rest[:len(c.rest)-len(strings.TrimLeft(c.rest, "abcdefghijklmnopqrstuvwxyzU"))]
	c.rest = c.rest[len(flags):]
	if strings.Trim(flags, "ims") != "" {
		return nil, fmt.Errorf("flags %q of a regular expression are not supported", flags)
	}
	if _, err := javaregexp.Compile(text); err != nil {
		return nil, err
	}
	if flags != "" {
		flags = "(?" + flags + ")"
	}
	re, err := regexp.Compile(flags + `\A(?:` + text + `)\z`)
	return fixed{re}, err
}
