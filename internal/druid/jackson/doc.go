// Package jackson reads JSON as Jackson 2.6 does for a given table of Java classes,
// and refuses what their constructors refuse in Jackson's words: which member of
// which class was wrong, and why. It makes nothing of what it reads.
//
// What differs from Jackson: the place in the text (line and column) is not named.
package jackson
