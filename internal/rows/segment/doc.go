// Package segment holds an immutable table of rows in columns, and reads and writes it
// as a Druid segment of version 9, the format of IndexMergerV9.
//
// A Segment opened from files and one built in memory are the same. It may be read by
// any number of goroutines and starts none.
package segment
