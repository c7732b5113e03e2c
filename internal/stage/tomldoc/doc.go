// Package tomldoc reads TOML files into structs so that every mistake is found at once and shown in its place: keys
// that the struct has no field for, wrong types, and whatever the caller finds wrong with the meaning.
//
// The decoding is go-toml's, in strict mode. It stops at the first value of a wrong type, so the values are compared
// with the struct first, and those that do not fit are reported and left out of the decoding.
package tomldoc
