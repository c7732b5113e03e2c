package smile

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math"
	"math/big"
	"strconv"
	"strings"
)

// ToJSON reads one Smile document and writes it as JSON. Floating-point numbers that
// JSON lacks become the strings that Jackson writes for them, and binary data becomes
// base64.
func ToJSON(data []byte) ([]byte, error) {
	rest, ok := bytes.CutPrefix(data, []byte(header))
	if !ok || len(rest) == 0 {
		return nil, fmt.Errorf("smile: the input does not start with the header")
	}
	if version := rest[0] >> 4; version != 0 {
		return nil, fmt.Errorf("smile: version %d is not known", version)
	}
	d := &decoder{in: rest[1:], flags: rest[0]}
	if err := d.value(0); err != nil {
		return nil, err
	}
	return d.out.Bytes(), nil
}

type decoder struct {
	in            []byte
	out           bytes.Buffer
	flags         byte
	names, values table
}

func (d *decoder) next() (byte, error) {
	if len(d.in) == 0 {
		return 0, errShort
	}
	b := d.in[0]
	d.in = d.in[1:]
	return b, nil
}

func (d *decoder) take(n int) ([]byte, error) {
	if n < 0 || n > len(d.in) {
		return nil, errShort
	}
	b := d.in[:n]
	d.in = d.in[n:]
	return b, nil
}

func (d *decoder) value(depth int) error {
	t, err := d.next()
	if err != nil {
		return err
	}
	if depth > maxDepth {
		return fmt.Errorf("smile: more than %d levels", maxDepth)
	}
	switch {
	case t >= shortSharedValue && t < emptyString:
		return d.sharedValue(int(t) - 1)
	case t >= tinyASCII && t < smallInt:
		return d.shortString(t)
	case t >= smallInt && t < longASCII:
		return d.number(unzigzag(uint64(t & 0x1f)))
	case t >= longSharedValue && t < longSharedValue+4:
		low, err := d.next()
		if err != nil {
			return err
		}
		return d.sharedValue(int(t&3)<<8 | int(low))
	}
	return d.other(t, depth)
}

// other reads a value whose token stands for itself.
func (d *decoder) other(t byte, depth int) error {
	switch t {
	case emptyString:
		return d.text("")
	case null:
		return d.word("null")
	case falseToken:
		return d.word("false")
	case trueToken:
		return d.word("true")
	case int32Token, int64Token:
		n, err := d.vint()
		if err != nil {
			return err
		}
		return d.number(unzigzag(n))
	case bigInteger, bigDecimal:
		return d.big(t)
	case float32Token:
		bits, err := d.sevens(5)
		return d.float(float64(math.Float32frombits(uint32(bits))), 32, err)
	case float64Token:
		bits, err := d.sevens(10)
		return d.float(math.Float64frombits(bits), 64, err)
	case longASCII, longUnicode:
		s, err := d.untilEnd()
		if err != nil {
			return err
		}
		return d.text(s)
	case binary7, binaryRaw:
		return d.binary(t)
	case startArray:
		return d.array(depth)
	case startObject:
		return d.object(depth)
	}
	return fmt.Errorf("smile: token 0x%02x is no value", t)
}

func (d *decoder) word(s string) error {
	d.out.WriteString(s)
	return nil
}

func (d *decoder) number(n int64) error { return d.word(strconv.FormatInt(n, 10)) }

func (d *decoder) float(f float64, bits int, err error) error {
	switch {
	case err != nil:
		return err
	case math.IsNaN(f):
		return d.text("NaN")
	case math.IsInf(f, 1):
		return d.text("Infinity")
	case math.IsInf(f, -1):
		return d.text("-Infinity")
	}
	s := strconv.FormatFloat(f, 'g', -1, bits)
	if !strings.ContainsAny(s, ".e") {
		s += ".0" // it stays a floating-point number
	}
	return d.word(s)
}

func (d *decoder) text(s string) error {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(s); err != nil {
		return err
	}
	d.out.Write(bytes.TrimSuffix(b.Bytes(), []byte("\n")))
	return nil
}

func (d *decoder) shortString(t byte) error {
	n := int(t&0x1f) + map[byte]int{tinyASCII: 1, smallASCII: 33, tinyUnicode: 2, smallUnicode: 34}[t&0xe0]
	b, err := d.take(n)
	if err != nil {
		return err
	}
	if d.flags&sharedValues != 0 && n <= 64 {
		d.values.add(string(b))
	}
	return d.text(string(b))
}

func (d *decoder) sharedValue(i int) error {
	s, err := d.values.at(i)
	if err != nil {
		return err
	}
	return d.text(s)
}

func (d *decoder) untilEnd() (string, error) {
	s, rest, ok := bytes.Cut(d.in, []byte{endOfString})
	if !ok {
		return "", errShort
	}
	d.in = rest
	return string(s), nil
}

// vint reads a number of 7 bits per byte; the last byte has 6 and its sign bit set.
func (d *decoder) vint() (uint64, error) {
	var n uint64
	for range 10 {
		b, err := d.next()
		if err != nil {
			return 0, err
		}
		if b&0x80 != 0 {
			return n<<6 | uint64(b&0x3f), nil
		}
		n = n<<7 | uint64(b)
	}
	return 0, fmt.Errorf("smile: a number has more than 10 bytes")
}

func unzigzag(n uint64) int64 { return int64(n>>1) ^ -int64(n&1) }

// sevens reads bits, seven per byte.
func (d *decoder) sevens(n int) (uint64, error) {
	b, err := d.take(n)
	var bits uint64
	for _, c := range b {
		bits = bits<<7 | uint64(c&0x7f)
	}
	return bits, err
}

// unpacked reads bytes that are packed seven bits to a byte, preceded by their number.
func (d *decoder) unpacked() ([]byte, error) {
	n, err := d.vint()
	if err != nil || n > uint64(len(d.in)) {
		return nil, errShort
	}
	packed, err := d.take((int(n)*8 + 6) / 7)
	if err != nil {
		return nil, err
	}
	out := make([]byte, 0, n)
	var bits, have uint
	for i, c := range packed {
		width := uint(7)
		if i == len(packed)-1 {
			width = uint(n)*8 - uint(len(packed)-1)*7
		}
		bits, have = bits<<width|uint(c)&(1<<width-1), have+width
		if have >= 8 {
			have -= 8
			out = append(out, byte(bits>>have))
		}
	}
	return out, nil
}

func (d *decoder) big(t byte) error {
	scale := int64(0)
	if t == bigDecimal {
		n, err := d.vint()
		if err != nil {
			return err
		}
		if scale = unzigzag(n); scale > maxScale || scale < -maxScale {
			return fmt.Errorf("smile: a decimal has %d places", scale)
		}
	}
	b, err := d.unpacked()
	if err != nil {
		return err
	}
	n := new(big.Int).SetBytes(b)
	if len(b) > 0 && b[0]&0x80 != 0 {
		n.Sub(n, new(big.Int).Lsh(big.NewInt(1), uint(len(b))*8))
	}
	s := n.String()
	if scale != 0 {
		s += "E" + strconv.FormatInt(-scale, 10)
	}
	return d.word(s)
}

func (d *decoder) binary(t byte) error {
	if t == binary7 {
		b, err := d.unpacked()
		if err != nil {
			return err
		}
		return d.text(base64.StdEncoding.EncodeToString(b))
	}
	n, err := d.vint()
	if err != nil || n > uint64(len(d.in)) {
		return errShort
	}
	b, err := d.take(int(n))
	if err != nil {
		return err
	}
	return d.text(base64.StdEncoding.EncodeToString(b))
}

func (d *decoder) array(depth int) error {
	d.out.WriteByte('[')
	for first := true; ; first = false {
		if len(d.in) == 0 {
			return errShort
		}
		if d.in[0] == endArray {
			d.in = d.in[1:]
			return d.word("]")
		}
		if !first {
			d.out.WriteByte(',')
		}
		if err := d.value(depth + 1); err != nil {
			return err
		}
	}
}

func (d *decoder) object(depth int) error {
	d.out.WriteByte('{')
	for first := true; ; first = false {
		t, err := d.next()
		if err != nil {
			return err
		}
		if t == endObject {
			return d.word("}")
		}
		if !first {
			d.out.WriteByte(',')
		}
		name, err := d.name(t)
		if err != nil {
			return err
		}
		if err := d.text(name); err != nil {
			return err
		}
		d.out.WriteByte(':')
		if err := d.value(depth + 1); err != nil {
			return err
		}
	}
}

func (d *decoder) name(t byte) (string, error) {
	switch {
	case t == emptyName:
		return "", nil
	case t >= longSharedName && t < longSharedName+4:
		low, err := d.next()
		if err != nil {
			return "", err
		}
		return d.names.at(int(t&3)<<8 | int(low))
	case t == longName:
		return d.untilEnd()
	case t >= shortSharedName && t < shortASCIIName:
		return d.names.at(int(t & 0x3f))
	case t >= shortASCIIName && t < shortUnicode:
		return d.shortName(int(t&0x3f) + 1)
	case t >= shortUnicode && t < startArray:
		return d.shortName(int(t&0x3f) + 2)
	}
	return "", fmt.Errorf("smile: token 0x%02x is no name", t)
}

func (d *decoder) shortName(n int) (string, error) {
	b, err := d.take(n)
	if err != nil {
		return "", err
	}
	if d.flags&sharedNames != 0 {
		d.names.add(string(b))
	}
	return string(b), nil
}
