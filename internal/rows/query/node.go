package query

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
)

// node is a JSON value of a query. A query is taken apart once, from the outside in,
// however deep it is.
type node struct {
	raw     json.RawMessage // nil when there is none
	text    string          // of a string, a number or a boolean
	keys    []string        // of an object, each once, in order
	members map[string]node // of an object; of equal keys the last
	items   []node          // of an array
}

// maxDepth is how deeply a query may be nested. Java, limited only by its stack, takes
// filters some five hundred levels deep; each level is an object, and with "and" a list
// as well.
const maxDepth = 1000

// readNode takes a JSON value apart.
func readNode(raw json.RawMessage) (node, error) {
	if len(raw) == 0 {
		return node{}, nil
	}
	if err := json.Unmarshal(raw, new(json.RawMessage)); err != nil {
		return node{}, err
	}
	r := nodeReader{text: raw}
	r.blank()
	return r.value(1)
}

// nodeReader walks over JSON that is known to be valid.
type nodeReader struct {
	text []byte
	at   int
}

func (r *nodeReader) blank() {
	for r.at < len(r.text) && strings.IndexByte(" \t\r\n:,", r.text[r.at]) >= 0 {
		r.at++
	}
}

func (r *nodeReader) value(depth int) (node, error) {
	if depth > maxDepth {
		return node{}, &Error{Code: UnknownException, Message: fmt.Sprintf("nested deeper than %d levels", maxDepth), Class: "java.lang.StackOverflowError"}
	}
	start := r.at
	n, err := node{}, error(nil)
	switch r.text[start] {
	case '{':
		n.members = make(map[string]node)
		err = r.object(&n, depth)
	case '[':
		n.items = []node{}
		err = r.array(&n, depth)
	case '"':
		n.text = r.string()
	default:
		for r.at < len(r.text) && strings.IndexByte(" \t\r\n,]}", r.text[r.at]) < 0 {
			r.at++
		}
		n.text = string(r.text[start:r.at])
	}
	n.raw = r.text[start:r.at]
	return n, err
}

func (r *nodeReader) object(n *node, depth int) error {
	r.at++
	for r.blank(); r.text[r.at] != '}'; r.blank() {
		key := r.string()
		r.blank()
		member, err := r.value(depth + 1)
		if err != nil {
			return err
		}
		if _, twice := n.members[key]; !twice {
			n.keys = append(n.keys, key)
		}
		n.members[key] = member
	}
	r.at++
	return nil
}

func (r *nodeReader) array(n *node, depth int) error {
	r.at++
	for r.blank(); r.text[r.at] != ']'; r.blank() {
		item, err := r.value(depth + 1)
		if err != nil {
			return err
		}
		n.items = append(n.items, item)
	}
	r.at++
	return nil
}

func (r *nodeReader) string() string {
	start := r.at
	for r.at++; r.text[r.at] != '"'; r.at++ {
		if r.text[r.at] == '\\' {
			r.at++
		}
	}
	r.at++
	var s string
	_ = json.Unmarshal(r.text[start:r.at], &s) // it is a string
	return s
}

// null reports whether the value is missing or null, which Jackson does not distinguish.
func (n node) null() bool { return isNull(n.raw) }

// of returns a member of an object; it is null if there is no such member or no object.
func (n node) of(key string) node { return n.members[key] }

// list returns the elements of an array; null has none.
func (n node) list() ([]node, error) {
	if !n.null() && n.items == nil {
		return nil, fmt.Errorf("Can not deserialize instance of java.util.ArrayList out of %s token", n.token())
	}
	return n.items, nil
}

// string returns a text as Jackson reads one, from a number or a boolean too; nil is
// null.
func (n node) string() (*string, error) {
	switch {
	case n.null():
		return nil, nil
	case n.members != nil || n.items != nil:
		return nil, fmt.Errorf("Can not deserialize instance of java.lang.String out of %s token", n.token())
	}
	return &n.text, nil
}

// strings returns a list of texts.
func (n node) strings() ([]*string, error) {
	items, err := n.list()
	out := make([]*string, len(items))
	for i, item := range items {
		if err == nil {
			out[i], err = item.string()
		}
	}
	return out, err
}

// flag returns a boolean as Jackson reads one, from a text or a number too; null is
// false.
func (n node) flag() (bool, error) {
	switch text := strings.TrimSpace(n.text); {
	case n.null() || text == "" && n.members == nil && n.items == nil || text == "false":
		return false, nil
	case text == "true":
		return true, nil
	case n.raw[0] == '"' || n.members != nil || n.items != nil:
		return false, fmt.Errorf("Can not construct instance of boolean from String value '%s': only \"true\" or \"false\" recognized", n.text)
	}
	number, err := strconv.ParseFloat(n.text, 64)
	return number != 0, err
}

// token is Jackson's name for the token that begins the value.
func (n node) token() string {
	switch n.raw[0] {
	case '{':
		return "START_OBJECT"
	case '[':
		return "START_ARRAY"
	case '"':
		return "VALUE_STRING"
	case 't', 'f':
		return "VALUE_" + strings.ToUpper(string(n.raw))
	}
	if strings.ContainsAny(n.text, ".eE") {
		return "VALUE_NUMBER_FLOAT"
	}
	return "VALUE_NUMBER_INT"
}
