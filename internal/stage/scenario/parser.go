package scenario

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// parser reads a condition by recursive descent; it keeps the first mistake and
// skips the rest.
type parser struct {
	text   string
	tokens []token
	pos    int
	depth  int
	calls  []call
	err    error
}

// maxDepth bounds how deep parentheses and nots may be nested.
const maxDepth = 100

func (p *parser) peek() token { return p.tokens[p.pos] }

func (p *parser) next() token {
	t := p.tokens[p.pos]
	if t.kind != tokenEnd {
		p.pos++
	}
	return t
}

// take consumes the next token if it is one of the words.
func (p *parser) take(words ...string) (string, bool) {
	t := p.peek()
	if (t.kind == tokenSign || t.kind == tokenName) && slices.Contains(words, t.text) {
		p.next()
		return t.text, true
	}
	return "", false
}

func (p *parser) fail(t token, message string) expr {
	if p.err == nil {
		p.err = &SyntaxError{Text: p.text, Column: t.column, Message: message}
	}
	p.pos = len(p.tokens) - 1
	return number(0)
}

// chain reads operands joined by any of the operators, grouped from the left.
func (p *parser) chain(operand func() expr, ops ...string) expr {
	left := operand()
	for {
		op, ok := p.take(ops...)
		if !ok {
			return left
		}
		left = binary{op, left, operand()}
	}
}

func (p *parser) or() expr      { return p.chain(p.and, "or") }
func (p *parser) and() expr     { return p.chain(p.not, "and") }
func (p *parser) sum() expr     { return p.chain(p.product, "+", "-") }
func (p *parser) product() expr { return p.chain(p.operand, "*") }

func (p *parser) not() expr {
	if _, ok := p.take("not"); !ok {
		return p.comparison()
	}
	if p.depth++; p.depth > maxDepth {
		return p.fail(p.peek(), "nested too deeply")
	}
	defer func() { p.depth-- }()
	return negation{p.not()}
}

func (p *parser) comparison() expr {
	left := p.sum()
	if op, ok := p.take("==", "!=", "<=", ">=", "<", ">"); ok {
		return binary{op, left, p.sum()}
	}
	return left
}

func (p *parser) operand() expr {
	t := p.next()
	switch {
	case t.kind == tokenNumber:
		v, err := strconv.ParseFloat(t.text, 64)
		if err != nil {
			return p.fail(t, fmt.Sprintf("%q is not a number", t.text))
		}
		return number(v)
	case t.kind == tokenLength:
		l, err := ParseSpan(t.text)
		if unit := p.peek(); err != nil && strings.HasSuffix(t.text, "x") && Nearest(unit.text, []string{"session_timeout"}) != "" {
			return p.fail(unit, unknown("unit", unit.text, []string{"session_timeout"}))
		}
		if err != nil {
			return p.fail(t, err.Error())
		}
		return length(l)
	case t.kind == tokenName && !reserved[t.text]:
		return p.call(t)
	case t.kind == tokenSign && t.text == "(":
		return p.group()
	case t.kind == tokenEnd:
		return p.fail(t, "something is missing at the end")
	}
	return p.fail(t, fmt.Sprintf("a number or a function is expected here, not %q", t.text))
}

func (p *parser) group() expr {
	if p.depth++; p.depth > maxDepth {
		return p.fail(p.peek(), "nested too deeply")
	}
	defer func() { p.depth-- }()
	inner := p.or()
	if _, ok := p.take(")"); !ok {
		return p.fail(p.peek(), "a closing parenthesis is missing here")
	}
	return inner
}

func (p *parser) call(name token) expr {
	f, ok := FindFunction(name.text)
	if !ok {
		return p.fail(name, unknown("function", name.text, functionNames()))
	}
	if p.peek().kind != tokenArguments {
		return p.fail(p.peek(), f.Name+" needs parentheses: "+f.Usage())
	}
	between := p.next()
	texts := splitArguments(between.text, len(f.Args))
	if len(texts) != len(f.Args) {
		return p.fail(name, fmt.Sprintf("%s takes %s, not %d: %s", f.Name, arguments(len(f.Args)), len(texts), f.Usage()))
	}
	c := call{f, make([]Arg, len(texts)), name.column, nil}
	from := 0
	for i, text := range texts {
		from += strings.Index(between.text[from:], text)
		at := token{column: between.column + from}
		c.columns = append(c.columns, at.column)
		from += len(text)
		var mistake *SyntaxError
		if c.args[i], mistake = readArgument(f.Args[i], text); mistake != nil {
			at.column += mistake.Column - 1
			return p.fail(at, mistake.Message)
		}
	}
	p.calls = append(p.calls, c)
	return c
}

// splitArguments cuts at commas, the last argument keeping its own: a selector may
// have some.
func splitArguments(text string, wanted int) []string {
	if strings.TrimSpace(text) == "" {
		return nil
	}
	args := strings.SplitN(text, ",", max(wanted, 1))
	for i := range args {
		args[i] = strings.TrimSpace(args[i])
	}
	return args
}

// arguments words how many arguments a function takes.
func arguments(n int) string {
	switch n {
	case 0:
		return "no argument"
	case 1:
		return "one argument"
	}
	return fmt.Sprintf("%d arguments", n)
}

// tooMany words that the condition goes on where it should be over.
func tooMany(t token) string {
	switch lower := strings.ToLower(t.text); {
	case t.kind == tokenName && t.text == strings.TrimPrefix(sessionSuffix, "x "):
		return "a multiple of the session timeout has an x: 1.5x session_timeout"
	case t.kind == tokenName && reserved[lower]:
		return fmt.Sprintf("%q means nothing here; did you mean %q?", t.text, lower)
	}
	return fmt.Sprintf("%q is one word too many", t.text)
}
