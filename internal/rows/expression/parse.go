package expression

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// maxDepth limits how deeply an expression may be nested, and maxLength how long it may
// be: evaluation is recursive.
const (
	maxDepth  = 500
	maxLength = 64 << 10
)

// Expr is a parsed expression. Using it does not change it.
type Expr struct {
	root   node
	text   string
	inputs []string
}

// Parse reads an expression. Parts without columns are evaluated immediately, and a
// failure there is an error here: Parser.parse.
func Parse(text string) (*Expr, error) {
	root, inputs, err := parse(text)
	if err == nil {
		root, err = fold(root)
	}
	if err != nil {
		return nil, fmt.Errorf("expression %q: %w", shortened(text), err)
	}
	return &Expr{root: root, text: text, inputs: inputs}, nil
}

func shortened(text string) string {
	if len(text) > 200 {
		return text[:200] + "…"
	}
	return text
}

func parse(text string) (node, []string, error) {
	if len(text) > maxLength {
		return nil, nil, fmt.Errorf("longer than %d bytes", maxLength)
	}
	tokens, err := lex(text)
	if err != nil {
		return nil, nil, err
	}
	p := &parser{tokens: tokens}
	root, err := p.expr(0)
	if err == nil && p.peek().kind != tokenEnd {
		err = p.unexpected("an operator or the end")
	}
	return root, p.inputs, err
}

// Inputs returns the columns that the expression names, in order of first use.
func (e *Expr) Inputs() []string { return e.inputs }

func (e *Expr) String() string { return e.text }

// parser climbs the precedences of Expr.g4.
type parser struct {
	tokens []token
	at     int
	depth  int
	inputs []string
}

// precedence of the binary operators. && and || have the same.
var precedence = map[string]int{
	"^": 11, "*": 10, "/": 10, "%": 10, "+": 9, "-": 9,
	"<": 8, "<=": 8, ">": 8, ">=": 8, "==": 8, "!=": 8, "&&": 7, "||": 7,
}

// unary binds tighter than every binary operator: -2^2 is 4.
const unary = 12

func (p *parser) peek() token { return p.tokens[p.at] }

func (p *parser) take() token {
	t := p.tokens[p.at]
	if t.kind != tokenEnd {
		p.at++
	}
	return t
}

func (p *parser) unexpected(wanted string) error {
	t := p.peek()
	if t.kind == tokenEnd {
		return fmt.Errorf("it ends where %s was expected", wanted)
	}
	return fmt.Errorf("%q where %s was expected", t.raw, wanted)
}

func (p *parser) expect(operator string) error {
	if t := p.peek(); t.kind != tokenOperator || t.text != operator {
		return p.unexpected(strconv.Quote(operator))
	}
	p.at++
	return nil
}

// expr reads an expression whose operators bind at least as tightly as lowest.
func (p *parser) expr(lowest int) (node, error) {
	if p.depth++; p.depth > maxDepth {
		return nil, fmt.Errorf("nested more than %d deep", maxDepth)
	}
	defer func() { p.depth-- }()
	left, err := p.operand()
	for links := 0; err == nil; links++ {
		t := p.peek()
		binds := precedence[t.text]
		if t.kind != tokenOperator || binds == 0 || binds < lowest {
			return left, nil
		}
		if links == maxDepth { // they associate to the left
			return nil, fmt.Errorf("more than %d operators one after another", maxDepth)
		}
		p.at++
		next := binds + 1
		if t.text == "^" {
			next = binds
		}
		var right node
		if right, err = p.expr(next); err == nil {
			left = binary{t.text, left, right}
		}
	}
	return nil, err
}

func (p *parser) operand() (node, error) {
	switch t := p.take(); {
	case t.kind == tokenOperator && (t.text == "-" || t.text == "!"):
		of, err := p.expr(unary)
		return negation{t.text, of}, err
	case t.kind == tokenOperator && t.text == "(":
		inner, err := p.expr(0)
		if err == nil {
			err = p.expect(")")
		}
		return inner, err
	case t.kind == tokenIdentifier && p.peek().raw == "(":
		return p.call(t)
	case t.kind == tokenIdentifier && t.raw == "null":
		return literal{}, nil
	case t.kind == tokenIdentifier:
		if !slices.Contains(p.inputs, t.text) {
			p.inputs = append(p.inputs, t.text)
		}
		return column{t.text}, nil
	case t.kind == tokenDouble:
		f, err := strconv.ParseFloat(t.text, 64)
		if err != nil {
			return literal{ofDouble(f)}, nil // out of range: infinite, as in Java
		}
		return literal{ofDouble(f)}, nil
	case t.kind == tokenLong:
		n, err := strconv.ParseInt(t.text, 10, 64)
		if err != nil {
			return nil, fmt.Errorf("%s is too large for a long", t.text)
		}
		return literal{ofLong(n)}, nil
	case t.kind == tokenString:
		return literal{ofString(t.text)}, nil
	case t.kind != tokenEnd:
		p.at--
	}
	return nil, p.unexpected("a value")
}

// call reads the arguments of a function whose name has been read.
func (p *parser) call(name token) (node, error) {
	p.at++ // the bracket
	var args []node
	for p.peek().raw != ")" || len(args) > 0 {
		arg, err := p.expr(0)
		if err != nil {
			return nil, err
		}
		if args = append(args, arg); p.peek().raw != "," {
			break
		}
		p.at++
	}
	if err := p.expect(")"); err != nil {
		return nil, err
	}
	key := strings.ToLower(name.raw)
	if macro, ok := macros[key]; ok {
		return macro(key, args)
	}
	f, ok := functions[key]
	if !ok {
		return nil, &UndefinedError{name.raw}
	}
	return call{key, f, args}, nil
}

// UndefinedError is the error for an undefined function, in the words of
// Parser.getFunction's caller, which throws an RE.
type UndefinedError struct{ Name string }

func (e *UndefinedError) Error() string { return "function '" + e.Name + "' is not defined." }
