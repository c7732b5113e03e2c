// Package gate says what the constructors of Druid 0.14.0's classes accept from a
// request's JSON and what they refuse, one table row per class, before anything is
// created or written. Names are Java's.
package gate
