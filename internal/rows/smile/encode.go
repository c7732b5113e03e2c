package smile

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"strings"
)

// FromJSON reads one JSON document and writes it as Smile, without references. A number
// with a fraction or an exponent becomes a double; any other is an integer if it fits
// into 64 bits.
func FromJSON(data []byte) ([]byte, error) {
	e := &encoder{in: json.NewDecoder(bytes.NewReader(data)), out: append([]byte(header), 0)}
	e.in.UseNumber()
	if err := e.value(); err != nil {
		return nil, fmt.Errorf("smile: %w", err)
	}
	return e.out, nil
}

type encoder struct {
	in  *json.Decoder
	out []byte
}

func (e *encoder) value() error {
	t, err := e.in.Token()
	if err != nil {
		return err
	}
	switch t := t.(type) {
	case nil:
		e.out = append(e.out, null)
	case bool:
		e.out = append(e.out, map[bool]byte{false: falseToken, true: trueToken}[t])
	case string:
		e.text(t)
	case json.Number:
		return e.number(t)
	case json.Delim:
		if t == '[' {
			return e.array()
		}
		return e.object()
	}
	return nil
}

func (e *encoder) array() error {
	e.out = append(e.out, startArray)
	for e.in.More() {
		if err := e.value(); err != nil {
			return err
		}
	}
	e.out = append(e.out, endArray)
	_, err := e.in.Token()
	return err
}

func (e *encoder) object() error {
	e.out = append(e.out, startObject)
	for e.in.More() {
		name, err := e.in.Token()
		if err != nil {
			return err
		}
		e.name(name.(string)) // the decoder allows only strings as names
		if err := e.value(); err != nil {
			return err
		}
	}
	e.out = append(e.out, endObject)
	_, err := e.in.Token()
	return err
}

func (e *encoder) name(s string) {
	n := len(s)
	switch {
	case n == 0:
		e.out = append(e.out, emptyName)
		return
	case n <= 64 && ascii(s):
		e.out = append(e.out, byte(shortASCIIName+n-1))
	case n >= 2 && n <= 57 && !ascii(s):
		e.out = append(e.out, byte(shortUnicode+n-2))
	default:
		e.out = append(e.out, longName)
		e.out = append(append(e.out, s...), endOfString)
		return
	}
	e.out = append(e.out, s...)
}

func (e *encoder) text(s string) {
	n, plain := len(s), ascii(s)
	switch {
	case n == 0:
		e.out = append(e.out, emptyString)
		return
	case plain && n <= 32:
		e.out = append(e.out, byte(tinyASCII+n-1))
	case plain && n <= 64:
		e.out = append(e.out, byte(smallASCII+n-33))
	case !plain && n <= 33:
		e.out = append(e.out, byte(tinyUnicode+n-2))
	case !plain && n <= 65:
		e.out = append(e.out, byte(smallUnicode+n-34))
	default:
		e.out = append(e.out, map[bool]byte{true: longASCII, false: longUnicode}[plain])
		e.out = append(append(e.out, s...), endOfString)
		return
	}
	e.out = append(e.out, s...)
}

func ascii(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return r >= 0x80 }) < 0
}

func (e *encoder) number(n json.Number) error {
	i, err := n.Int64()
	if err != nil {
		f, err := n.Float64()
		if err != nil {
			return err
		}
		e.out = append(e.out, float64Token)
		bits := math.Float64bits(f)
		for shift := 63; shift >= 0; shift -= 7 {
			e.out = append(e.out, byte(bits>>shift)&0x7f)
		}
		return nil
	}
	z := uint64(i<<1) ^ uint64(i>>63)
	switch {
	case z < 32:
		e.out = append(e.out, byte(smallInt+z))
		return nil
	case i >= math.MinInt32 && i <= math.MaxInt32:
		e.out = append(e.out, int32Token)
	default:
		e.out = append(e.out, int64Token)
	}
	e.vint(z)
	return nil
}

func (e *encoder) vint(n uint64) {
	last := byte(n&0x3f) | 0x80
	var digits []byte
	for n >>= 6; n > 0; n >>= 7 {
		digits = append(digits, byte(n&0x7f))
	}
	for i := len(digits) - 1; i >= 0; i-- {
		e.out = append(e.out, digits[i])
	}
	e.out = append(e.out, last)
}
