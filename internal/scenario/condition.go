package scenario

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Env answers the functions of conditions for one moment of a cluster.
type Env interface {
	Number(ctx context.Context, f Function, args []string) (float64, error)
}

// Condition is a parsed condition, such as
//
//	leaders(coordinator) == 1 and served(flights) == used(flights)
//
// Numbers are compared with == != < <= > >=, added, subtracted and multiplied;
// comparisons are joined with and, or, not and parentheses.
type Condition struct {
	text  string
	root  expr
	calls []call
}

// expr is a node of a condition's tree. A number is true when it is not zero.
type expr interface {
	eval(ctx context.Context, env Env, seen *[]string) (float64, error)
}

type (
	number float64
	call   struct {
		f      Function
		args   []string
		column int
	}
	binary struct {
		op   string
		l, r expr
	}
	negation struct{ of expr }
)

// ParseCondition reads a condition.
func ParseCondition(text string) (Condition, error) {
	tokens, err := lex(text)
	if err != nil {
		return Condition{}, err
	}
	p := parser{text: text, tokens: tokens}
	root := p.or()
	if p.err == nil && p.peek().kind != tokenEnd {
		p.fail(p.peek(), fmt.Sprintf("%q is one word too many", p.peek().text))
	}
	if p.err != nil {
		return Condition{}, p.err
	}
	return Condition{text, root, p.calls}, nil
}

// Check tells the first argument that the universe does not have.
func (c Condition) Check(u Universe) error {
	for _, call := range c.calls {
		for i, arg := range call.args {
			if message := checkArgument(call.f.Args[i], arg, u); message != "" {
				return &SyntaxError{Text: c.text, Column: call.column, Message: message}
			}
		}
	}
	return nil
}

func checkArgument(kind ArgKind, arg string, u Universe) string {
	known := map[ArgKind][]string{ArgKindName: u.Kinds, ArgDataSource: u.DataSources, ArgState: TaskStates}[kind]
	switch kind {
	case ArgSelector, ArgServer:
		s, err := ParseSelector(arg)
		if err == nil {
			err = s.Check(u)
		}
		if err != nil {
			return err.(*SyntaxError).Message
		}
	default:
		if known != nil && arg != "*" && !slices.Contains(known, arg) {
			return unknown(string(kind), arg, known)
		}
	}
	return ""
}

// Eval tells whether the condition holds, and what its functions answered, for
// the one who asks why: "leaders(coordinator) is 0".
func (c Condition) Eval(ctx context.Context, env Env) (holds bool, seen string, err error) {
	var answers []string
	v, err := c.root.eval(ctx, env, &answers)
	return v != 0, strings.Join(answers, ", "), err
}

func (c Condition) String() string { return c.text }

func (n number) eval(context.Context, Env, *[]string) (float64, error) { return float64(n), nil }

func (c call) eval(ctx context.Context, env Env, seen *[]string) (float64, error) {
	v, err := env.Number(ctx, c.f, c.args)
	if err != nil {
		return 0, fmt.Errorf("%s(%s): %w", c.f.Name, strings.Join(c.args, ", "), err)
	}
	*seen = append(*seen, fmt.Sprintf("%s(%s) is %s", c.f.Name, strings.Join(c.args, ", "), strconv.FormatFloat(v, 'g', -1, 64)))
	return v, nil
}

func (n negation) eval(ctx context.Context, env Env, seen *[]string) (float64, error) {
	v, err := n.of.eval(ctx, env, seen)
	return truth(v == 0), err
}

func (b binary) eval(ctx context.Context, env Env, seen *[]string) (float64, error) {
	l, err := b.l.eval(ctx, env, seen)
	if err != nil {
		return 0, err
	}
	r, err := b.r.eval(ctx, env, seen)
	if err != nil {
		return 0, err
	}
	return operators[b.op](l, r), nil
}

var operators = map[string]func(l, r float64) float64{
	"==":  func(l, r float64) float64 { return truth(l == r) },
	"!=":  func(l, r float64) float64 { return truth(l != r) },
	"<":   func(l, r float64) float64 { return truth(l < r) },
	"<=":  func(l, r float64) float64 { return truth(l <= r) },
	">":   func(l, r float64) float64 { return truth(l > r) },
	">=":  func(l, r float64) float64 { return truth(l >= r) },
	"+":   func(l, r float64) float64 { return l + r },
	"-":   func(l, r float64) float64 { return l - r },
	"*":   func(l, r float64) float64 { return l * r },
	"and": func(l, r float64) float64 { return truth(l != 0 && r != 0) },
	"or":  func(l, r float64) float64 { return truth(l != 0 || r != 0) },
}

func truth(b bool) float64 {
	if b {
		return 1
	}
	return 0
}
