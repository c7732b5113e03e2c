// Package expression is Druid's expression language: Parser, Expr and Function
// of org.apache.druid.math.expr, and the macros of org.apache.druid.query.expression.
//
// It is pure: no goroutines, no I/O. Null handling is that of Druid's default,
// in which the empty string is null and a number never is.
//
// Where Druid goes on after a mistake in the text, with what its parser made of
// the rest, Parse refuses: Druid's "x y" is the column "xy", and its "x = 4" null.
package expression
