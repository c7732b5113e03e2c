package gate

import (
	"strconv"
	"strings"
)

// when returns a check's message if it applies.
func when(bad bool, why string) string {
	if bad {
		return why
	}
	return ""
}

// first returns the message of the first check that refuses.
func first(whys ...string) string {
	for _, why := range whys {
		if why != "" {
			return why
		}
	}
	return ""
}

func refuses(why string) func(object) string { return func(object) string { return why } }

// needs refuses an object that lacks a member, with the message of checkNotNull.
func needs(o object, key, why string) string { return when(!o.Given(key), why) }

// required checks that members are present, in this order; its message names the
// missing one.
func required(keys ...string) func(object) string {
	return func(o object) string {
		for _, key := range keys {
			if !o.Given(key) {
				return key
			}
		}
		return ""
	}
}

// number returns a member as a whole number, as Jackson reads it; an absent one counts
// as null.
func number(o object, key string, absent int64) int64 {
	text := strings.TrimSpace(o[key].Text)
	if n, err := strconv.ParseInt(text, 10, 64); err == nil {
		return n
	}
	if f, err := strconv.ParseFloat(text, 64); err == nil {
		return int64(f)
	}
	return absent
}

// numberGiven reports whether a boxed number is not null.
func numberGiven(o object, key string) bool {
	return o.Given(key) && strings.TrimSpace(o[key].Text) != ""
}

func isTrue(o object, key string) bool {
	switch v := o[key]; v.Token {
	case "VALUE_NUMBER_INT":
		return v.Text != "0"
	default:
		return strings.EqualFold(strings.TrimSpace(v.Text), "true")
	}
}

// shown formats a boxed number as Java does.
func shown(o object, key string) string {
	if !numberGiven(o, key) {
		return "null"
	}
	return strconv.FormatInt(number(o, key, 0), 10)
}

func lower(o object, key string) string { return strings.ToLower(o[key].Text) }
