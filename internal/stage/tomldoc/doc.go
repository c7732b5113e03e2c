// Package tomldoc reads TOML files into structs so that every mistake in them is
// found at once and shown where it stands: what the struct has no field for, what
// has the wrong type, and what the caller finds wrong with the meaning.
//
// The decoding is go-toml's, in strict mode. It stops at the first value of a wrong
// type; so the values are compared with the struct first, and what does not fit is
// reported and left out of what is decoded.
package tomldoc
