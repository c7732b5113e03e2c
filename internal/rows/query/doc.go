// Package query answers Druid's native queries over segments and combines the answers
// of several servers.
//
// A data server parses a query, runs it over the parts of its segments that the query
// names, and writes the result. A broker parses the same query, sends each server the
// query for its segments (ForSegments), decodes the answers, merges them and writes the
// result. The package starts no goroutines.
package query
