package druid

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
)

// fields are an object's members that its Go type does not name, in the order in which
// they were read.
type fields []field

type field struct {
	key   string
	value json.RawMessage
}

// member is an object's member that its Go type names: Jackson writes them in the order
// of the list.
type member struct {
	key     string
	value   any  // a pointer, read into and written from
	derived bool // written but not read: Jackson computes it
	omit    bool // not written this time
}

// encodeObject writes the members and then the unknown ones.
func encodeObject(members []member, unknown fields) ([]byte, error) {
	var b bytes.Buffer
	b.WriteByte('{')
	write := func(key string, value []byte) {
		if b.Len() > 1 {
			b.WriteByte(',')
		}
		b.Write(quote(key))
		b.WriteByte(':')
		b.Write(value)
	}
	for _, m := range members {
		if m.omit {
			continue
		}
		value, err := Marshal(m.value)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", m.key, err)
		}
		write(m.key, value)
	}
	for _, f := range unknown {
		write(f.key, f.value)
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}

// decodeObject reads the members and keeps the unknown ones. An absent member keeps its
// value; a null is read as its type sees fit.
func decodeObject(data []byte, members []member, unknown *fields) error {
	all, err := readFields(data)
	if err != nil {
		return err
	}
	*unknown = nil
	for _, f := range all {
		m := find(members, f.key)
		switch {
		case m == nil:
			*unknown = append(*unknown, f)
		case m.derived:
		default:
			if err := m.read(f.value); err != nil {
				return err
			}
		}
	}
	return nil
}

// read reads a value into the member.
func (m *member) read(value json.RawMessage) error {
	err := json.Unmarshal(coerced(value, m.value), m.value)
	var mismatch *json.UnmarshalTypeError
	if errors.As(err, &mismatch) && mismatch.Field == "" {
		err = fmt.Errorf("Can not deserialize instance of %s out of %s", mismatch.Type, mismatch.Value)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", m.key, err)
	}
	return nil
}

func find(members []member, key string) *member {
	for i := range members {
		if members[i].key == key {
			return &members[i]
		}
	}
	return nil
}

// readFields splits an object into its members, keeping order and repeated keys.
func readFields(data []byte) (fields, error) {
	dec := json.NewDecoder(bytes.NewReader(data))
	start, err := dec.Token()
	if err != nil {
		return nil, err
	}
	if start != json.Delim('{') {
		return nil, fmt.Errorf("an object is expected, not %.40s", data)
	}
	var all fields
	for dec.More() {
		key, err := dec.Token()
		if err != nil {
			return nil, err
		}
		f := field{key: key.(string)}
		if err := dec.Decode(&f.value); err != nil {
			return nil, err
		}
		all = append(all, f)
	}
	_, err = dec.Token()
	return all, err
}

// get returns the first value of a key.
func (f fields) get(key string) (json.RawMessage, bool) {
	for _, one := range f {
		if one.key == key {
			return one.value, true
		}
	}
	return nil, false
}

// Marshal writes JSON as Jackson does: no HTML escapes, no newline at the end.
func Marshal(v any) ([]byte, error) {
	if text, ok := plainly(v); ok {
		return javaEscapes(text), nil
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, err
	}
	return javaEscapes(bytes.TrimSuffix(b.Bytes(), []byte("\n"))), nil
}

// javaEscapes turns Go's escapes into Jackson's: control characters have upper-case hex
// digits, and the line and paragraph separators are not escaped.
func javaEscapes(data []byte) []byte {
	if !bytes.Contains(data, []byte(`\u`)) {
		return data
	}
	out := make([]byte, 0, len(data))
	for len(data) > 0 {
		switch {
		case bytes.HasPrefix(data, []byte(`\u2028`)), bytes.HasPrefix(data, []byte(`\u2029`)):
			out = append(out, "\u2028\u2029"[3*(data[5]-'8'):][:3]...)
			data = data[6:]
		case bytes.HasPrefix(data, []byte(`\u00`)):
			out = append(append(out, `\u`...), bytes.ToUpper(data[2:6])...)
			data = data[6:]
		case data[0] == '\\':
			out = append(out, data[:2]...)
			data = data[2:]
		default:
			out = append(out, data[0])
			data = data[1:]
		}
	}
	return out
}

// quote writes a string, which cannot fail.
func quote(s string) []byte {
	b, err := Marshal(s)
	if err != nil {
		panic("druid: a string that is not JSON: " + err.Error())
	}
	return b
}

// nullable is a string whose empty value is null in JSON.
type nullable string

func (s nullable) MarshalJSON() ([]byte, error) {
	if s == "" {
		return []byte("null"), nil
	}
	return quote(string(s)), nil
}

func (s *nullable) UnmarshalJSON(b []byte) error {
	*s = ""
	return json.Unmarshal(b, (*string)(s))
}

// commaList is a list of strings that Druid joins with commas. It also accepts a JSON
// array, which Druid itself misreads.
type commaList []string

func (l commaList) MarshalJSON() ([]byte, error) { return quote(strings.Join(l, ",")), nil }

func (l *commaList) UnmarshalJSON(b []byte) error {
	*l = nil
	if len(b) > 0 && b[0] == '[' {
		return json.Unmarshal(b, (*[]string)(l))
	}
	var s *string
	if err := json.Unmarshal(b, &s); err != nil {
		return err
	}
	if s != nil && *s != "" {
		*l = strings.Split(*s, ",")
	}
	return nil
}

// list is a list that is never written as null.
type list []string

func (l list) MarshalJSON() ([]byte, error) {
	if l == nil {
		return []byte("[]"), nil
	}
	return Marshal([]string(l))
}

// UnmarshalJSON reads it; scalars become strings.
func (l *list) UnmarshalJSON(b []byte) error {
	var all []json.RawMessage
	if err := json.Unmarshal(b, &all); err != nil {
		return err
	}
	*l = nil
	for _, one := range all {
		var s string
		if err := json.Unmarshal(coerced(one, &s), &s); err != nil {
			return err
		}
		*l = append(*l, s)
	}
	return nil
}

// rawOrNull is any value, null when absent.
type rawOrNull json.RawMessage

func (r rawOrNull) MarshalJSON() ([]byte, error) {
	if len(r) == 0 {
		return []byte("null"), nil
	}
	return r, nil
}

func (r *rawOrNull) UnmarshalJSON(b []byte) error {
	*r = append(rawOrNull(nil), b...)
	if string(b) == "null" {
		*r = nil
	}
	return nil
}
