package expression

import (
	"fmt"
)

// Binding returns the value of a column: Expr.ObjectBinding. A missing one is nil.
type Binding func(column string) any

// Eval computes the expression for one row. An error is an exception in Java: a
// division by zero, or an operator that does not take strings.
func (e *Expr) Eval(row Binding) (Value, error) { return e.root.eval(row) }

// node is part of an expression: Expr in Java.
type node interface {
	eval(Binding) (Value, error)
}

type literal struct{ value Value }

func (l literal) eval(Binding) (Value, error) { return l.value, nil }

type column struct{ name string }

func (c column) eval(row Binding) (Value, error) { return Of(row(c.name)), nil }

// negation is - or ! before an expression.
type negation struct {
	op string
	of node
}

func (n negation) eval(row Binding) (Value, error) {
	v, err := n.of.eval(row)
	switch {
	case err != nil:
		return Value{}, err
	case n.op == "!" && v.kind == Double:
		return ofBool(!v.truth(), Double), nil
	case n.op == "!":
		return ofBool(!v.truth(), Long), nil
	case v.kind == Long:
		return ofLong(-v.long()), nil
	case v.kind == Double:
		return ofDouble(-v.double()), nil
	}
	return Value{}, fmt.Errorf("unsupported type %s", v.kind)
}

// call is a call of a function from the table.
type call struct {
	name string
	f    function
	args []node
}

func (c call) eval(row Binding) (Value, error) {
	if len(c.args) < c.f.least || c.f.most >= 0 && len(c.args) > c.f.most {
		return Value{}, fmt.Errorf("Function[%s] %s", c.name, c.f.needs())
	}
	return c.f.apply(c.args, row)
}

// noRow is the binding for what needs no column.
func noRow(string) any { return nil }

// fold computes the parts that name no column: Parser.flatten. A macro stays as it is,
// and so does whatever contains one.
func fold(n node) (node, error) {
	switch n := n.(type) {
	case binary:
		left, err := fold(n.left)
		if err != nil {
			return nil, err
		}
		right, err := fold(n.right)
		if err != nil {
			return nil, err
		}
		if allLiterals(left, right) {
			return computed(n)
		}
		return binary{n.op, left, right}, nil
	case negation:
		of, err := fold(n.of)
		if err != nil {
			return nil, err
		}
		if allLiterals(of) {
			return computed(n)
		}
		return negation{n.op, of}, nil
	case call:
		args := make([]node, len(n.args))
		for i, arg := range n.args {
			var err error
			if args[i], err = fold(arg); err != nil {
				return nil, err
			}
		}
		if allLiterals(args...) {
			return computed(n)
		}
		return call{n.name, n.f, args}, nil
	}
	return n, nil
}

func allLiterals(nodes ...node) bool {
	for _, n := range nodes {
		if _, ok := n.(literal); !ok {
			return false
		}
	}
	return true
}

func computed(n node) (node, error) {
	v, err := n.eval(noRow)
	return literal{v.constant()}, err
}
