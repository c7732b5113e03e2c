package expression

import (
	"cmp"
	"fmt"
	"math"

	"oakmoot/internal/rows/segment"
)

// binary is an operator between two expressions: BinaryOpExprBase.
type binary struct {
	op          string
	left, right node
}

// Exception is what Java throws during evaluation.
type Exception struct{ Class, Message string }

func (e *Exception) Error() string { return e.Message }

const illegalArgument = "java.lang.IllegalArgumentException"

var errDivision = &Exception{"java.lang.ArithmeticException", "/ by zero"}

func (b binary) eval(row Binding) (Value, error) {
	left, err := b.left.eval(row)
	if err != nil {
		return Value{}, err
	}
	switch b.op { // these return an operand, and may not evaluate the second
	case "&&":
		if !left.truth() {
			return left, nil
		}
		return b.right.eval(row)
	case "||":
		if left.truth() {
			return left, nil
		}
		return b.right.eval(row)
	}
	right, err := b.right.eval(row)
	if err != nil {
		return Value{}, err
	}
	return operate(b.op, left, right)
}

// operate works on strings only if both are strings, on longs only if both are longs,
// and on doubles otherwise.
func operate(op string, a, b Value) (Value, error) {
	switch {
	case a.kind == String && b.kind == String:
		return operateStrings(op, a, b)
	case a.kind == Long && b.kind == Long:
		if compare, ok := comparisons[op]; ok {
			return ofBool(compare(cmp.Compare(a.long(), b.long())), Long), nil
		}
		n, err := operateLongs(op, a.long(), b.long())
		return ofLong(n), err
	}
	return ofDouble(operateDoubles(op, a.double(), b.double())), nil
}

// comparisons map an ordering to the result of each comparison operator.
var comparisons = map[string]func(order int) bool{
	"<": func(c int) bool { return c < 0 }, "<=": func(c int) bool { return c <= 0 },
	">": func(c int) bool { return c > 0 }, ">=": func(c int) bool { return c >= 0 },
	"==": func(c int) bool { return c == 0 }, "!=": func(c int) bool { return c != 0 },
}

func operateStrings(op string, a, b Value) (Value, error) {
	if op == "+" {
		return ofString(a.text() + b.text()), nil
	}
	compare, ok := comparisons[op]
	if !ok {
		return Value{}, &Exception{illegalArgument, "unsupported type STRING"}
	}
	return ofBool(compare(segment.CompareStrings(a.text(), b.text())), Long), nil
}

func operateLongs(op string, a, b int64) (int64, error) {
	switch op {
	case "+":
		return a + b, nil
	case "-":
		return a - b, nil
	case "*":
		return a * b, nil
	case "/", "%":
		if b == 0 {
			return 0, errDivision
		}
		if op == "/" {
			return a / b, nil
		}
		return a % b, nil
	}
	return longPower(a, b)
}

// longPower is LongMath.pow, which wraps around.
func longPower(a, k int64) (int64, error) {
	switch {
	case k != int64(int32(k)):
		return 0, &Exception{illegalArgument, fmt.Sprintf("Out of range: %d", k)}
	case k < 0:
		return 0, &Exception{illegalArgument, fmt.Sprintf("exponent (%d) must be >= 0", k)}
	}
	n := int64(1)
	for ; k > 0; k >>= 1 {
		if k&1 == 1 {
			n *= a
		}
		a *= a
	}
	return n, nil
}

func operateDoubles(op string, a, b float64) float64 {
	switch op {
	case "+":
		return a + b
	case "-":
		return a - b
	case "*":
		return a * b
	case "/":
		return a / b
	case "%":
		return math.Mod(a, b)
	case "^":
		return javaPow(a, b)
	case "==":
		return ofBool(a == b, Double).double()
	case "!=":
		return ofBool(a != b, Double).double()
	}
	return ofBool(comparisons[op](compareDoubles(a, b)), Double).double()
}

// compareDoubles is Double.compare: NaN is above everything, and -0.0 below 0.0.
func compareDoubles(a, b float64) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	case a != a || b != b:
		return cmp.Compare(rank(a != a), rank(b != b))
	}
	return cmp.Compare(rank(!math.Signbit(a)), rank(!math.Signbit(b)))
}

func rank(above bool) int {
	if above {
		return 1
	}
	return 0
}
