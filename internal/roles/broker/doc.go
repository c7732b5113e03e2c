// Package broker is Druid's broker: it follows what the data servers announce,
// keeps a timeline of it for each datasource, and answers a query by asking the
// servers of the segments that are visible in it and merging what they say.
//
// One loop goroutine owns the view. Queries run in the goroutines of their HTTP
// requests and ask the loop for a plan.
package broker
