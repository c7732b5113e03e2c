package druid

import (
	"cmp"
	"math"
	"math/big"
	"math/bits"
	"strconv"
	"strings"
)

// javaDigits returns the decimal digits of a positive number and the position of its
// point: the number is 0.DIGITS times ten to that power. It is FloatingDecimal.dtoa as
// it was up to Java 18, which at times prints more digits than needed to distinguish a
// number from its neighbours, and drops insignificant digits of large whole numbers.
func javaDigits(f float64, size int) (digits string, point int) {
	fraction, exponent, significant := parts(f, size)
	zeros := bits.TrailingZeros64(fraction)
	used := 53 - zeros
	tiny := max(0, used-exponent-1) // bits after the binary point
	if tiny == 0 && exponent <= 62 {
		return wholeDigits(fraction, exponent, significant)
	}
	estimate := (math.Float64frombits(1023<<52|fraction&(1<<52-1))-1.5)*0.289529654 + 0.176091259 + float64(exponent)*0.301029995663981
	decimal := int(math.Floor(estimate))
	g := generation{b5: max(0, -decimal), s5: max(0, decimal)}
	g.b2 = g.b5 + tiny + exponent - (used - 1)
	g.s2 = g.s5 + tiny
	g.m2 = g.b5 + tiny + exponent - significant
	common := min(g.b2, g.s2)
	g.b2, g.s2, g.m2 = g.b2-common, g.s2-common, g.m2-common
	if used == 1 {
		g.m2-- // below a power of two the neighbour is half as far away
	}
	if g.m2 < 0 {
		g.b2, g.s2, g.m2 = g.b2-g.m2, g.s2-g.m2, 0
	}
	g.fraction, g.used = fraction>>zeros, used
	return g.digits(decimal)
}

// parts splits a number into its fraction, with the leading 1 in bit 52, its binary
// exponent, and the number of significant bits in the fraction.
func parts(f float64, size int) (fraction uint64, exponent, significant int) {
	width, bias := 52, 1023
	raw := math.Float64bits(f)
	if size == 32 {
		width, bias = 23, 127
		raw = uint64(math.Float32bits(float32(f)))
	}
	fraction = raw & (1<<width - 1)
	exponent = int(raw >> width)
	significant = width + 1
	if exponent == 0 {
		significant = bits.Len64(fraction)
		shift := width + 1 - significant
		fraction <<= shift
		exponent = 1 - shift
	} else {
		fraction |= 1 << width
	}
	return fraction << (52 - width), exponent - bias, significant
}

func wholeDigits(fraction uint64, exponent, significant int) (string, int) {
	n := fraction >> max(52-exponent, 0) << max(exponent-52, 0)
	dropped := 0
	if p := exponent - significant - 1; exponent > significant && p > 1 {
		dropped = int(math.Floor(float64(p) * math.Log10(2)))
		power := uint64(math.Pow10(dropped))
		rest := n % power
		if n /= power; dropped > 0 && rest >= power/2 {
			n++
		}
	}
	digits := strconv.FormatUint(n, 10)
	return strings.TrimRight(digits, "0"), len(digits) + dropped
}

// generation holds the fraction and the powers of two and five in B, S and M: the
// number is B/S, and half the distance to its neighbours is M/S.
type generation struct {
	fraction       uint64
	used           int
	b2, b5, s2, s5 int
	m2             int // M has as many fives as B
}

// bitsOfFives is roughly how many bits a power of five has.
func bitsOfFives(n int) int {
	switch {
	case n == 0:
		return 0
	case n < 27:
		return bits.Len64(fives(n))
	}
	return 3 * n
}

func fives(n int) uint64 {
	power := uint64(1)
	for range n {
		power *= 5
	}
	return power
}

// digits keeps dividing until the remainder is less than half the distance to a
// neighbour.
func (g generation) digits(decimal int) (string, int) {
	var d division
	of, most := g.used+g.b2+bitsOfFives(g.b5), g.s2+1+bitsOfFives(g.s5+1)
	switch {
	case of < 32 && most < 32:
		d = &fixedDivision[int32]{int32(g.fraction * fives(g.b5) << g.b2), int32(fives(g.s5) << g.s2), int32(fives(g.b5) << g.m2)}
	case of < 64 && most < 64:
		d = &fixedDivision[int64]{int64(g.fraction * fives(g.b5) << g.b2), int64(fives(g.s5) << g.s2), int64(fives(g.b5) << g.m2)}
	default:
		d = &bigDivision{bigPower(g.fraction, g.b2, g.b5), bigPower(1, g.s2, g.s5), bigPower(1, g.m2, g.b5)}
	}
	digits := make([]byte, 0, 24)
	first, low, high := d.step()
	if first == '0' && !high {
		decimal--
	} else {
		digits = append(digits, first)
	}
	if decimal < -3 || decimal >= 8 {
		low, high = false, false
	}
	for !low && !high {
		var next byte
		next, low, high = d.step()
		digits = append(digits, next)
	}
	if high {
		half := d.half()
		if !low || half > 0 || half == 0 && digits[len(digits)-1]&1 != 0 {
			return roundedUp(digits, decimal)
		}
	}
	return string(digits), decimal + 1
}

// division yields one digit of B/S after another. After each, low says that the
// remainder is negligible, and high that it is as good as one more. half compares it to
// one half.
type division interface {
	step() (digit byte, low, high bool)
	half() int
}

// fixedDivision uses int or long arithmetic, which may overflow here as it does in
// Java.
type fixedDivision[T int32 | int64] struct{ b, s, m T }

func (d *fixedDivision[T]) step() (byte, bool, bool) {
	q := d.b / d.s
	d.b = d.b % d.s * 10
	if d.m *= 10; d.m <= 0 {
		return '0' + byte(q), true, true // it would be larger than all others
	}
	return '0' + byte(q), d.b < d.m, d.b+d.m > d.s*10
}

func (d *fixedDivision[T]) half() int { return cmp.Compare(d.b<<1-d.s*10, 0) }

type bigDivision struct{ b, s, m *big.Int }

var ten = big.NewInt(10)

func (d *bigDivision) step() (byte, bool, bool) {
	q, rest := new(big.Int).QuoRem(d.b, d.s, new(big.Int))
	d.b = rest.Mul(rest, ten)
	d.m.Mul(d.m, ten)
	high := new(big.Int).Add(d.b, d.m).Cmp(new(big.Int).Mul(d.s, ten)) >= 0
	return '0' + byte(q.Int64()), d.b.Cmp(d.m) < 0, high
}

func (d *bigDivision) half() int {
	return new(big.Int).Lsh(d.b, 1).Cmp(new(big.Int).Mul(d.s, ten))
}

// bigPower returns a number times powers of two and five.
func bigPower(n uint64, twos, fives int) *big.Int {
	v := new(big.Int).Exp(big.NewInt(5), big.NewInt(int64(fives)), nil)
	v.Mul(v, new(big.Int).SetUint64(n))
	return v.Lsh(v, uint(twos))
}

// roundedUp adds one to the last digit.
func roundedUp(digits []byte, decimal int) (string, int) {
	for i := len(digits) - 1; i >= 0; i-- {
		if digits[i] < '9' {
			digits[i]++
			return string(digits), decimal + 1
		}
		digits[i] = '0'
	}
	digits[0] = '1'
	return string(digits), decimal + 2
}
