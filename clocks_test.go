package main

import (
	"go/ast"
	"slices"
	"testing"
)

// timed are the functions that a process finds on its clock, by their packages.
var timed = map[string][]string{
	"time":    {"Now", "Since", "Until", "After", "AfterFunc", "NewTimer", "NewTicker", "Sleep", "Tick"},
	"context": {"WithTimeout", "WithTimeoutCause", "WithDeadline", "WithDeadlineCause"},
	"loop":    {"Sleep"},
}

// The time comes to a role through node.Env, as its network and its disk do, so that each
// can have a clock that is wrong. That it is, is not a role's business.
func TestRolesReadTheirOwnClock(t *testing.T) {
	for _, dir := range []string{"internal/roles", "internal/rows/peon", "internal/rows/dataserver"} {
		for path, file := range sources(t, dir) {
			ast.Inspect(file, func(n ast.Node) bool {
				sel, ok := n.(*ast.SelectorExpr)
				if !ok {
					return true
				}
				switch owner := nameOf(sel.X); {
				case slices.Contains(timed[owner], sel.Sel.Name):
					t.Errorf("%s uses %s.%s: it is to ask the clock in node.Env", path, owner, sel.Sel.Name)
				case (owner == "Clock" || owner == "clock") && sel.Sel.Name == "Set":
					t.Errorf("%s sets a clock: a role only reads its own", path)
				}
				return true
			})
		}
	}
}

// nameOf is the last word of an expression such as c.Clock.
func nameOf(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.Ident:
		return e.Name
	case *ast.SelectorExpr:
		return e.Sel.Name
	}
	return ""
}
