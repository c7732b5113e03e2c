// Package deepstore keeps segments and finished task logs in a directory, laid
// out as Druid's local deep storage and its file task logs lay them out.
//
// It starts no goroutines. Every method may be called by several at once: what
// it writes appears under its final name in one rename.
package deepstore
