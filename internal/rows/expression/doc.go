// Package expression is Druid's expression language: Parser, Expr and Function of
// org.apache.druid.math.expr, and the macros of org.apache.druid.query.expression.
//
// It is pure: no goroutines, no I/O. Nulls are handled as in Druid's default mode, in
// which the empty string is null and a number never is.
//
// Where Druid carries on after a syntax error with whatever its parser made of the
// rest, Parse refuses: in Druid "x y" is the column "xy", and "x = 4" is null.
package expression
