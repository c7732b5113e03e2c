package expression

import (
	"math"

	"oakmoot/internal/druid"
)

// mathFunctions are those of java.lang.Math. Given a string, they return null.
var mathFunctions = map[string]function{
	"abs": one(func(v Value) (Value, error) {
		switch {
		case v.kind == String:
			return Value{}, nil
		case v.kind == Double:
			return ofDouble(math.Abs(v.double())), nil
		}
		return ofLong(max(v.long(), -v.long())), nil
	}),
	"acos": ofReal(math.Acos), "asin": ofReal(math.Asin), "atan": ofReal(math.Atan),
	"cbrt": ofReal(math.Cbrt), "ceil": ofReal(math.Ceil), "cos": ofReal(math.Cos), "cosh": ofReal(math.Cosh),
	"exp": ofReal(math.Exp), "expm1": ofReal(math.Expm1), "floor": ofReal(math.Floor),
	"log": ofReal(math.Log), "log10": ofReal(math.Log10), "log1p": ofReal(math.Log1p),
	"nextup": ofReal(func(f float64) float64 { return math.Nextafter(f, math.Inf(1)) }),
	"rint":   ofReal(math.RoundToEven), "signum": ofReal(signum),
	"sin": ofReal(math.Sin), "sinh": ofReal(math.Sinh), "sqrt": ofReal(math.Sqrt),
	"tan": ofReal(math.Tan), "tanh": ofReal(math.Tanh), "ulp": ofReal(ulp),
	"todegrees": ofReal(func(f float64) float64 { return f * (180 / math.Pi) }),
	"toradians": ofReal(func(f float64) float64 { return f * (math.Pi / 180) }),

	"getexponent": ofRealToLong(exponent),
	"round":       ofRealToLong(round),

	"atan2": ofReals(math.Atan2), "copysign": ofReals(math.Copysign), "hypot": ofReals(math.Hypot),
	"remainder": ofReals(math.Remainder), "nextafter": ofReals(math.Nextafter), "pow": ofReals(javaPow),

	"max": ofNumbers(func(a, b int64) (Value, error) { return ofLong(max(a, b)), nil },
		func(a, b float64) Value { return ofDouble(max(a, b)) }),
	"min": ofNumbers(func(a, b int64) (Value, error) { return ofLong(min(a, b)), nil },
		func(a, b float64) Value { return ofDouble(min(a, b)) }),
	"div": ofNumbers(func(a, b int64) (Value, error) {
		n, err := operateLongs("/", a, b)
		return ofLong(n), err
	}, func(a, b float64) Value { return ofLong(druid.ToLong(a / b)) }),
	"scalb": two(func(a, b Value) (Value, error) { return ofDouble(math.Ldexp(a.double(), b.int())), nil }),
}

func ofReal(f func(float64) float64) function {
	return one(func(v Value) (Value, error) {
		if v.kind == String {
			return Value{}, nil
		}
		return ofDouble(f(v.double())), nil
	})
}

func ofRealToLong(f func(float64) int64) function {
	return one(func(v Value) (Value, error) {
		if v.kind == String {
			return Value{}, nil
		}
		return ofLong(f(v.double())), nil
	})
}

func ofReals(f func(a, b float64) float64) function {
	return two(func(a, b Value) (Value, error) {
		if a.kind == String || b.kind == String {
			return Value{}, nil
		}
		return ofDouble(f(a.double(), b.double())), nil
	})
}

// ofNumbers computes in longs when both are.
func ofNumbers(longs func(a, b int64) (Value, error), doubles func(a, b float64) Value) function {
	return two(func(a, b Value) (Value, error) {
		switch {
		case a.kind == String || b.kind == String:
			return Value{}, nil
		case a.kind == Long && b.kind == Long:
			return longs(a.long(), b.long())
		}
		return doubles(a.double(), b.double()), nil
	})
}

// javaPow is Math.pow, which differs from Go's where the base is 1 or -1.
func javaPow(a, b float64) float64 {
	if b != b || math.Abs(a) == 1 && math.IsInf(b, 0) {
		return math.NaN()
	}
	return math.Pow(a, b)
}

func signum(f float64) float64 {
	if f > 0 {
		return 1
	}
	if f < 0 {
		return -1
	}
	return f
}

func ulp(f float64) float64 {
	f = math.Abs(f)
	switch {
	case math.IsInf(f, 0) || f != f:
		return f
	case f == math.MaxFloat64:
		return f - math.Nextafter(f, 0)
	}
	return math.Nextafter(f, math.Inf(1)) - f
}

// exponent is Math.getExponent.
func exponent(f float64) int64 { return int64(math.Float64bits(f)>>52&0x7FF) - 1023 }

// round is Math.round: halves round up.
func round(f float64) int64 {
	whole := math.Floor(f)
	if f-whole >= 0.5 {
		whole++
	}
	return druid.ToLong(whole)
}
