package peon

import (
	"fmt"
	"slices"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"

	"oakmoot/internal/rows/segment"
)

// dimensionsOf reads one dimension of a row, as InputRow.getDimension does.
type dimensionsOf func(name string) []string

// groupKey is what HashBasedNumberedShardSpec hashes of a row, as Jackson writes it:
// the truncated timestamp and all non-empty dimensions with their sorted distinct
// values, or only the values of the partition dimensions.
func groupKey(timestamp int64, rowDims, partitionDims []string, value dimensionsOf) []byte {
	if len(partitionDims) > 0 {
		return appendList(nil, len(partitionDims), func(b []byte, i int) []byte {
			return appendStrings(b, value(partitionDims[i]))
		})
	}
	b := strconv.AppendInt([]byte{'['}, timestamp, 10)
	b = append(b, ",{"...)
	names := slices.Clone(rowDims)
	slices.SortFunc(names, segment.CompareStrings)
	first := true
	for _, name := range slices.Compact(names) {
		values := slices.Clone(value(name))
		if len(values) == 0 {
			continue
		}
		slices.SortFunc(values, segment.CompareStrings)
		if !first {
			b = append(b, ',')
		}
		first = false
		b = append(appendString(b, name), ':')
		b = appendStrings(b, slices.Compact(values))
	}
	return append(b, "}]"...)
}

// shardOf assigns a row to a shard: HashBasedNumberedShardSpec.getLookup.
func shardOf(key []byte, shards int) int {
	rest := int(murmur3(key) % int32(shards)) // signed, as in Java
	return max(rest, -rest)
}

func appendStrings(b []byte, values []string) []byte {
	return appendList(b, len(values), func(b []byte, i int) []byte { return appendString(b, values[i]) })
}

func appendList(b []byte, n int, item func([]byte, int) []byte) []byte {
	b = append(b, '[')
	for i := range n {
		if i > 0 {
			b = append(b, ',')
		}
		b = item(b, i)
	}
	return append(b, ']')
}

// appendString writes a string as Jackson's byte generator does: it escapes less than
// encoding/json, with upper-case hex digits, and writes characters beyond the first
// plane as surrogates.
func appendString(b []byte, s string) []byte {
	b = append(b, '"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			b = append(b, '\\', byte(r))
		case r >= 0x10000:
			high, low := utf16.EncodeRune(r)
			b = fmt.Appendf(b, `\u%04X\u%04X`, high, low)
		case r >= 0x20:
			b = utf8.AppendRune(b, r)
		case shortEscapes[r] != 0:
			b = append(b, '\\', shortEscapes[r])
		default:
			b = fmt.Appendf(b, `\u%04X`, r)
		}
	}
	return append(b, '"')
}

var shortEscapes = [0x20]byte{'\b': 'b', '\t': 't', '\n': 'n', '\f': 'f', '\r': 'r'}
