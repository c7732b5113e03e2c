// Package gate says what the constructors of Druid 0.14.0's classes take from a
// request's JSON and what they refuse, one table row a class, before anything is
// made of it or written. Names are those of Java.
package gate
