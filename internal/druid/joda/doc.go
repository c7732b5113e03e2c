// Package joda reads times as Joda-Time 2.9.9 does: its ISO parser, the parser
// that Druid calls auto, and patterns of DateTimeFormat. Everything is in UTC and
// the ISO chronology unless the text says otherwise, and texts are English.
//
// A Format is immutable. The package starts no goroutines.
package joda
