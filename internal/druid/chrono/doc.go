// Package chrono is the calendar of Joda-Time 2.9.9, which Druid 0.14 reckons
// with: ISO periods, time zones, and adding, subtracting and rounding in them.
// Instants are milliseconds since the Unix epoch.
//
// The zones are Joda's own (of tzdata 2017b) and not the machine's: two
// processes that share a store must cut days alike.
package chrono
