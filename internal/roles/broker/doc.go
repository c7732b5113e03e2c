// Package broker is Druid's broker: it follows what the data servers announce and keeps a timeline for each
// datasource; it answers a query by asking the servers of the segments visible in the timeline and merging their
// answers.
//
// One loop goroutine owns the view. Queries run in the goroutines of their HTTP requests and ask the loop for a plan.
package broker
