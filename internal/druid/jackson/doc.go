// Package jackson reads JSON as Jackson 2.6 does for a given table of Java classes, and
// refuses what their constructors refuse, in Jackson's words: which member of which
// class was wrong, and why. It builds nothing from what it reads.
//
// Unlike Jackson, it does not name the position in the text (line and column).
package jackson
