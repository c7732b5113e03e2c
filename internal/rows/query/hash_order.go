package query

import "unicode/utf16"

// Druid builds most of its results in a java.util.HashMap, so the keys in its JSON have
// the map's order: by hash, and by the size of its table.

// hashOrder returns keys in the order in which a HashMap iterates over them after they
// were inserted in the given order. Its table has at least the given size, a power of
// two.
func hashOrder(keys []string, table uint32) []string {
	const load = 0.75
	for float64(len(keys)) > load*float64(table) {
		table *= 2
	}
	buckets := make([][]string, table)
	for _, key := range keys {
		h := javaHash(key)
		h ^= h >> 16
		buckets[h%table] = append(buckets[h%table], key)
	}
	out := make([]string, 0, len(keys))
	for _, b := range buckets {
		out = append(out, b...)
	}
	return out
}

// defaultTable is the table size of a new HashMap.
const defaultTable = 16

// copiedTable is the table size of a HashMap copied from a map of n keys.
func copiedTable(n int) uint32 {
	table := uint32(1)
	for int(table) < int(float32(n)/0.75+1) {
		table *= 2
	}
	return table
}

// javaHash is String.hashCode.
func javaHash(s string) uint32 {
	h := uint32(0)
	for _, unit := range utf16.Encode([]rune(s)) {
		h = 31*h + uint32(unit)
	}
	return h
}
