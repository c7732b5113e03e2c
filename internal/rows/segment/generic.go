package segment

// A generic indexed (GenericIndexed, version 1) is a list of byte strings preceded by
// their end offsets: version, a flag that the list is sorted, the size of the rest, the
// count, the offsets, and each value after an int that is -1 for null and 0 otherwise.
// In Druid's default null mode that int is ignored.

const genericVersion = 1

// appendGeneric writes values as a generic indexed; nil is null.
func appendGeneric(b []byte, sorted bool, values [][]byte) []byte {
	size := 4
	for _, v := range values {
		size += 8 + len(v)
	}
	flag := byte(0)
	if sorted {
		flag = 1
	}
	b = append(b, genericVersion, flag)
	b = putInt32(b, size)
	b = putInt32(b, len(values))
	end := 0
	for _, v := range values {
		end += 4 + len(v)
		b = putInt32(b, end)
	}
	for _, v := range values {
		marker := 0
		if v == nil {
			marker = -1
		}
		b = append(putInt32(b, marker), v...)
	}
	return b
}

// generic reads a generic indexed. The values share the decoder's memory.
func (d *decoder) generic() [][]byte {
	if v := d.byte(); v != genericVersion {
		d.fail("generic indexed of version %d, only 1 can be read", v)
	}
	d.byte() // sorted or not: the readers that care check for themselves
	in := decoder{buf: d.bytes(d.int32()), err: d.err}
	n := in.count(4 + 4)
	ends := make([]int, n)
	for i := range ends {
		ends[i] = in.int32()
	}
	values := make([][]byte, n)
	start := 0
	for i, end := range ends {
		in.int32() // the null marker
		values[i] = in.bytes(end - start - 4)
		start = end
	}
	d.err = in.err
	return values
}

func appendStrings(b []byte, sorted bool, values []string) []byte {
	raw := make([][]byte, len(values))
	for i, v := range values {
		if v != "" {
			raw[i] = []byte(v)
		}
	}
	return appendGeneric(b, sorted, raw)
}

func (d *decoder) strings() []string {
	raw := d.generic()
	values := make([]string, len(raw))
	for i, v := range raw {
		values[i] = string(v)
	}
	return values
}

// ascending reports whether a list may be searched by value, which is what the sorted
// flag of a list made by GenericIndexed.fromIterable means.
func ascending(values []string) bool {
	for i := 1; i < len(values); i++ {
		if CompareStrings(values[i-1], values[i]) >= 0 {
			return false
		}
	}
	return true
}
