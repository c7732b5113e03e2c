package segment

import "fmt"

// unpackLZF decodes a sequence of LZF chunks ("ZV", a type, lengths, data) as written
// by the compress-lzf library, with which old segments are packed.
func unpackLZF(packed, into []byte) ([]byte, error) {
	out := into[:0]
	d := decoder{buf: packed}
	for len(d.buf) > 0 {
		if magic := string(d.bytes(2)); magic != "ZV" {
			return nil, fmt.Errorf("lzf: chunk starts with %q", magic)
		}
		kind := d.byte()
		packedLen := int(d.byte())<<8 | int(d.byte())
		plainLen := packedLen
		if kind == 1 {
			plainLen = int(d.byte())<<8 | int(d.byte())
		}
		chunk := d.bytes(packedLen)
		if d.err != nil {
			return nil, fmt.Errorf("lzf: %w", d.err)
		}
		if len(out)+plainLen > len(into) {
			return nil, fmt.Errorf("lzf: more than %d bytes in a block", len(into))
		}
		if kind != 1 {
			out = append(out, chunk...)
			continue
		}
		var err error
		if out, err = unpackLZFChunk(out, chunk, plainLen); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// unpackLZFChunk appends the plainLen bytes of one compressed chunk to out.
func unpackLZFChunk(out, chunk []byte, plainLen int) ([]byte, error) {
	d := decoder{buf: chunk}
	start := len(out)
	for len(out)-start < plainLen && d.err == nil {
		control := int(d.byte())
		if control < 32 {
			out = append(out, d.bytes(control+1)...)
			continue
		}
		length := control >> 5
		if length == 7 {
			length += int(d.byte())
		}
		from := len(out) - (control&31<<8 | int(d.byte())) - 1
		if from < start || len(out)-start+length+2 > plainLen {
			return nil, fmt.Errorf("lzf: a reference leaves the chunk")
		}
		for i := range length + 2 {
			out = append(out, out[from+i])
		}
	}
	if d.err != nil || len(out)-start != plainLen {
		return nil, fmt.Errorf("lzf: a chunk of %d bytes unpacks to %d", plainLen, len(out)-start)
	}
	return out, nil
}
