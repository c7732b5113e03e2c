// Package smile reads and writes Smile, the binary form of JSON in which Druid's
// brokers query the data servers. It converts between the two and knows no types.
package smile

import "errors"

// The header: ":)\n" and a byte whose two lowest bits say that repeated names, and
// repeated short strings, are written as references.
const (
	header       = ":)\n"
	sharedNames  = 1 << 0
	sharedValues = 1 << 1
)

// Tokens for values. Ranges are named by their first byte.
const (
	shortSharedValue = 0x01 // to 0x1f
	emptyString      = 0x20
	null             = 0x21
	falseToken       = 0x22
	trueToken        = 0x23
	int32Token       = 0x24
	int64Token       = 0x25
	bigInteger       = 0x26
	float32Token     = 0x28
	float64Token     = 0x29
	bigDecimal       = 0x2a
	tinyASCII        = 0x40 // 1 to 32 bytes
	smallASCII       = 0x60 // 33 to 64 bytes
	tinyUnicode      = 0x80 // 2 to 33 bytes
	smallUnicode     = 0xa0 // 34 to 65 bytes
	smallInt         = 0xc0 // -16 to 15
	longASCII        = 0xe0
	longUnicode      = 0xe4
	binary7          = 0xe8
	longSharedValue  = 0xec // to 0xef
	startArray       = 0xf8
	endArray         = 0xf9
	startObject      = 0xfa
	endObject        = 0xfb
	endOfString      = 0xfc
	binaryRaw        = 0xfd
)

// Tokens for names.
const (
	emptyName       = 0x20
	longSharedName  = 0x30 // to 0x33
	longName        = 0x34
	shortSharedName = 0x40 // to 0x7f
	shortASCIIName  = 0x80 // 1 to 64 bytes
	shortUnicode    = 0xc0 // 2 to 57 bytes
)

// Limits of what is read.
const (
	maxShared = 1024 // entries of a reference table, as in the format
	maxDepth  = 1000
	maxScale  = 300 // decimal places, so that the number also fits a double
)

// errShort means that the input ends before its value does.
var errShort = errors.New("smile: the input ends too early")

// table holds the names, or the short strings, that can be referred to.
type table []string

// add remembers a string; a full table starts over.
func (t *table) add(s string) {
	if len(*t) == maxShared {
		*t = (*t)[:0]
	}
	*t = append(*t, s)
}

func (t table) at(i int) (string, error) {
	if i < 0 || i >= len(t) {
		return "", errors.New("smile: reference to a string that has not been")
	}
	return t[i], nil
}
