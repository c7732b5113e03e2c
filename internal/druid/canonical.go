package druid

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/big"
	"strconv"
	"strings"
)

// canonical rewrites JSON that is kept verbatim as Jackson would print it: no
// whitespace, Jackson's string escapes, numbers as Java prints them. Keys keep their
// order and may repeat.
func canonical(data []byte) (json.RawMessage, error) {
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.UseNumber()
	var b bytes.Buffer
	if err := copyValue(&b, dec); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// copyValue copies the next value of dec.
func copyValue(b *bytes.Buffer, dec *json.Decoder) error {
	token, err := dec.Token()
	if err != nil {
		return err
	}
	switch token := token.(type) {
	case json.Delim:
		return copyInside(b, dec, token)
	case string:
		b.Write(quote(token))
	case json.Number:
		number, err := javaNumber(token.String())
		if err != nil {
			return err
		}
		b.WriteString(number)
	case nil:
		b.WriteString("null")
	default:
		fmt.Fprint(b, token)
	}
	return nil
}

// copyInside copies the rest of an object or array.
func copyInside(b *bytes.Buffer, dec *json.Decoder, open json.Delim) error {
	b.WriteString(open.String())
	for first := true; dec.More(); first = false {
		if !first {
			b.WriteByte(',')
		}
		if open == '{' {
			key, err := dec.Token()
			if err != nil {
				return err
			}
			b.Write(quote(key.(string)))
			b.WriteByte(':')
		}
		if err := copyValue(b, dec); err != nil {
			return err
		}
	}
	end, err := dec.Token()
	if err != nil {
		return err
	}
	fmt.Fprint(b, end)
	return nil
}

// javaNumber prints a number as Java does after reading it as an int, a long, a
// BigInteger or a double.
func javaNumber(text string) (string, error) {
	if !strings.ContainsAny(text, ".eE") {
		n, ok := new(big.Int).SetString(text, 10)
		if !ok {
			return "", fmt.Errorf("%q is not a number", text)
		}
		return n.String(), nil
	}
	f, err := strconv.ParseFloat(text, 64)
	if err != nil && f == 0 {
		return "", err
	}
	return FormatDouble(f, 64), nil
}

// coerced converts a scalar to the type of its target where Jackson would: a number to
// a string, a string or a fraction to a whole number, a string to a boolean.
func coerced(value json.RawMessage, target any) json.RawMessage {
	text := string(value)
	quoted := strings.HasPrefix(text, `"`)
	switch target.(type) {
	case *string, *nullable, *commaList:
		if _, isList := target.(*commaList); isList && strings.HasPrefix(text, "[") {
			return value
		}
		if !quoted && text != "null" && !strings.HasPrefix(text, "{") && !strings.HasPrefix(text, "[") {
			return quote(text)
		}
	case *int, *int64, **int, **int64:
		text = strings.TrimSpace(strings.Trim(text, `"`))
		if text == "" {
			return json.RawMessage("null")
		}
		if f, err := strconv.ParseFloat(text, 64); err == nil && f == f && f > -1<<63 && f < 1<<63 {
			if _, err := strconv.ParseInt(text, 10, 64); err != nil {
				text = strconv.FormatInt(int64(f), 10)
			}
			return json.RawMessage(text)
		}
	case *bool, **bool:
		inner := strings.TrimSpace(strings.Trim(text, `"`))
		if n, err := strconv.ParseInt(text, 10, 64); err == nil {
			inner = strconv.FormatBool(n != 0)
		}
		switch inner = strings.ToLower(inner); inner {
		case "true", "false":
			return json.RawMessage(inner)
		case "":
			return json.RawMessage("null")
		}
	}
	return value
}
