package jackson

import (
	"math/big"
	"slices"
	"strconv"
	"strings"
)

// Type reads a value or refuses it. It never refuses a null, as no primitive of Druid's
// is required.
type Type func(Value) *Refusal

// Any is java.lang.Object.
func Any(v Value) *Refusal {
	if v.Broken != nil {
		return broken(v.Broken)
	}
	return nil
}

// orBroken runs a reader only on a value that is complete or begins as a structure.
func scalar(class string, read func(Value) *Refusal) Type {
	return func(v Value) *Refusal {
		switch {
		case v.Token == "START_OBJECT", v.Token == "START_ARRAY":
			return refuse("Can not deserialize instance of %s out of %s token", class, v.Token)
		case v.Broken != nil:
			return broken(v.Broken)
		case v.IsNull():
			return nil
		}
		return read(v)
	}
}

// String is java.lang.String, which also takes numbers and booleans.
var String = scalar("java.lang.String", func(Value) *Refusal { return nil })

// The integers of Java, as primitives and boxed.
var (
	Int     = whole("int", "Integer", 32)
	Integer = whole("java.lang.Integer", "Integer", 32)
	Long    = whole("long", "Long", 64)
	LongObj = whole("java.lang.Long", "Long", 64)
)

func whole(class, name string, bits uint) Type {
	limit := new(big.Int).Lsh(big.NewInt(1), bits-1)
	within := func(n *big.Int) bool { return n.CmpAbs(limit) < 0 || n.Sign() < 0 && n.CmpAbs(limit) == 0 }
	return scalar(class, func(v Value) *Refusal {
		switch v.Token {
		case "VALUE_TRUE", "VALUE_FALSE":
			return refuse("Can not deserialize instance of %s out of %s token", class, v.Token)
		case "VALUE_STRING":
			text := strings.TrimSpace(v.Text)
			n, ok := new(big.Int).SetString(strings.TrimPrefix(text, "+"), 10)
			switch {
			case text == "" || text == "null":
				return nil
			case !ok, bits == 64 && !within(n):
				return refuse("Can not construct instance of %s from String value '%s': not a valid %s value", class, text, name)
			case !within(n):
				return refuse("Can not construct instance of %s from String value '%s': Overflow: numeric value (%s) out of range of int (-2147483648 - 2147483647)", class, text, text)
			}
			return nil
		}
		n, ok := new(big.Int).SetString(v.Text, 10)
		if f, _, err := big.ParseFloat(v.Text, 10, 200, big.ToZero); !ok && err == nil {
			n, _ = f.Int(nil)
		}
		switch {
		case n == nil || within(n):
			return nil
		case bits == 64:
			return refuse("Numeric value (%s) out of range of long (-9223372036854775808 - 9223372036854775807)", v.Text)
		}
		return refuse("Numeric value (%s) out of range of int", v.Text)
	})
}

// The booleans of Java.
var (
	Bool    = truth("boolean")
	Boolean = truth("java.lang.Boolean")
)

func truth(class string) Type {
	return scalar(class, func(v Value) *Refusal {
		text := strings.TrimSpace(v.Text)
		switch {
		case v.Token == "VALUE_NUMBER_FLOAT":
			return refuse("Can not deserialize instance of %s out of %s token", class, v.Token)
		case v.Token != "VALUE_STRING", slices.Contains([]string{"true", "True", "false", "False", "", "null"}, text):
			return nil
		}
		return refuse("Can not construct instance of %s from String value '%s': only \"true\" or \"false\" recognized", class, text)
	})
}

// Double is java.lang.Double.
var Double = scalar("java.lang.Double", func(v Value) *Refusal {
	text := strings.TrimSpace(v.Text)
	if v.Token == "VALUE_TRUE" || v.Token == "VALUE_FALSE" {
		return refuse("Can not deserialize instance of java.lang.Double out of %s token", v.Token)
	}
	if _, err := strconv.ParseFloat(text, 64); err != nil && v.Token == "VALUE_STRING" && text != "" {
		return refuse("Can not construct instance of java.lang.Double from String value '%s': not a valid Double value", text)
	}
	return nil
})

// Text is a type that a deserializer of Druid's makes from a token's text, whatever the
// token is; the exception's text is the message.
func Text(read func(text string) error) Type {
	return func(v Value) *Refusal {
		if v.IsNull() {
			return nil
		}
		if v.Broken != nil && v.Token == "" {
			return broken(v.Broken)
		}
		if err := read(v.Text); err != nil {
			return refuse("%s", err)
		}
		return nil
	}
}

// Enum is an enum with a creator that takes a constant's name, ignoring case.
func Enum(class string, constants ...string) Type {
	return scalar(class, func(v Value) *Refusal {
		if upper := strings.ToUpper(v.Text); !slices.Contains(constants, upper) {
			return refuse("Can not construct instance of %s, problem: No enum constant %s.%s", class, strings.ReplaceAll(class, "$", "."), upper)
		}
		return nil
	})
}

// Constants is an enum without a creator: only a constant's exact name.
func Constants(class string, constants ...string) Type {
	return scalar(class, func(v Value) *Refusal {
		if !slices.Contains(constants, v.Text) {
			return refuse("Can not construct instance of %s from String value '%s': value not one of declared Enum instance names: [%s]", class, v.Text, strings.Join(constants, ", "))
		}
		return nil
	})
}
