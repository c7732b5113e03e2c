// Package chrono is the calendar of Joda-Time 2.9.9, with which Druid 0.14 computes:
// ISO periods, time zones, and adding, subtracting and rounding in them. Instants are
// milliseconds since the Unix epoch.
//
// The zones are Joda's own (of tzdata 2017b) and not the machine's: two processes that
// share a store must agree on where days begin.
package chrono
