// Package jsonpath reads values out of JSON documents by paths in the dialect of
// Jayway's JsonPath 2.3.0, as Druid configures it: JSONFlattenerMaker.
//
// Documents keep the order of their keys, for a deep scan gives its results in that
// order. Paths that Jayway takes but Druid cannot use (functions, whose results are
// no JSON nodes), and operators of filters that it answers wrongly, are refused.
//
// It is pure: no goroutines, no I/O.
package jsonpath
