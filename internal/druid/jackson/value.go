package jackson

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
)

// Value is a JSON value, with the name of Jackson's token that begins it.
type Value struct {
	Token    string
	Text     string // of a scalar, as JsonParser.getText gives it
	Members  []Member
	Elements []Value
	Broken   error // the text ends here or is not JSON
}

// Member is a member of an object.
type Member struct {
	Key   string
	Value Value
}

// depthLimit is how deep a text may nest. Jackson has no limit and overflows its stack.
const depthLimit = 1000

// Parse reads the first value of a text and ignores what follows it. A text that breaks
// off yields what comes before the break, and marks where it is.
func Parse(text []byte) Value {
	text = bytes.TrimPrefix(text, []byte("\ufeff"))
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.UseNumber()
	token, err := dec.Token()
	if errors.Is(err, io.EOF) {
		return Value{} // an empty body is no value at all
	}
	return parse(dec, token, err, 0)
}

func parse(dec *json.Decoder, token json.Token, err error, depth int) Value {
	if err == nil && depth > depthLimit {
		err = fmt.Errorf("nested more than %d deep", depthLimit)
	}
	if err != nil {
		return Value{Broken: err}
	}
	switch token := token.(type) {
	case json.Delim:
		if token == '{' {
			return parseObject(dec, depth)
		}
		return parseArray(dec, depth)
	case string:
		return Value{Token: "VALUE_STRING", Text: token}
	case json.Number:
		if _, err := token.Int64(); err == nil || !strings.ContainsAny(token.String(), ".eE") {
			return Value{Token: "VALUE_NUMBER_INT", Text: token.String()}
		}
		return Value{Token: "VALUE_NUMBER_FLOAT", Text: token.String()}
	case bool:
		if token {
			return Value{Token: "VALUE_TRUE", Text: "true"}
		}
		return Value{Token: "VALUE_FALSE", Text: "false"}
	}
	return Value{Token: "VALUE_NULL", Text: "null"}
}

func parseObject(dec *json.Decoder, depth int) Value {
	v := Value{Token: "START_OBJECT", Text: "{"}
	for dec.More() {
		key, err := dec.Token()
		name, ok := key.(string)
		if err != nil || !ok {
			v.Broken = errors.Join(err, errors.New("a member's name is expected"))
			return v
		}
		token, err := dec.Token()
		m := Member{Key: name, Value: parse(dec, token, err, depth+1)}
		v.Members = append(v.Members, m)
		if m.Value.Broken != nil {
			v.Broken = m.Value.Broken
			return v
		}
	}
	_, v.Broken = dec.Token()
	return v
}

func parseArray(dec *json.Decoder, depth int) Value {
	v := Value{Token: "START_ARRAY", Text: "["}
	for dec.More() {
		token, err := dec.Token()
		element := parse(dec, token, err, depth+1)
		v.Elements = append(v.Elements, element)
		if element.Broken != nil {
			v.Broken = element.Broken
			return v
		}
	}
	_, v.Broken = dec.Token()
	return v
}

// IsNull reports a null or a missing value.
func (v Value) IsNull() bool { return v.Broken == nil && (v.Token == "" || v.Token == "VALUE_NULL") }

// Object holds an object's members; of a repeated key the last counts.
type Object map[string]Value

func (v Value) object() Object {
	o := make(Object, len(v.Members))
	for _, m := range v.Members {
		o[m.Key] = m.Value
	}
	return o
}

// Given reports whether a member is present and not null. To Jackson, a number or
// boolean given as an empty string is null, which shows only in a few checks.
func (o Object) Given(key string) bool {
	v, ok := o[key]
	return ok && !v.IsNull()
}

// Object returns a member that is an object; empty if it is not.
func (o Object) Object(key string) Object { return o[key].object() }

// Object returns a value's members; empty if it is not an object.
func (v Value) Object() Object { return v.object() }
