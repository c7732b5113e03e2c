// Package deepstore keeps segments and finished task logs in a directory, laid out like Druid's local deep storage
// and file task logs.
//
// It starts no goroutines, and its methods may be called concurrently: whatever it writes appears under its final
// name in one rename.
package deepstore
