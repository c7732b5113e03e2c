// Package jsonpath reads values out of JSON documents by paths in the dialect of
// Jayway's JsonPath 2.3.0, as Druid configures it: JSONFlattenerMaker.
//
// Documents keep the order of their keys, because a deep scan returns its results in
// that order. Paths that Jayway accepts but Druid cannot use (functions, whose results
// are not JSON nodes), and filter operators that give wrong answers, are refused.
//
// It is pure: no goroutines, no I/O.
package jsonpath
