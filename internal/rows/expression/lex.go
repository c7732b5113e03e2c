package expression

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// tokenKind is a kind of token of Druid's Expr.g4.
type tokenKind int

const (
	tokenEnd tokenKind = iota
	tokenIdentifier
	tokenLong
	tokenDouble
	tokenString
	tokenOperator // and brackets and commas
)

type token struct {
	kind tokenKind
	text string // for a string or a quoted identifier: its content
	raw  string // as written
	at   int
}

// operators are all tokens of fixed text, longer ones first.
var operators = []string{"<=", ">=", "==", "!=", "&&", "||", "(", ")", ",", "-", "!", "^", "*", "/", "%", "+", "<", ">"}

func lex(s string) ([]token, error) {
	var tokens []token
	for i := 0; i < len(s); {
		if strings.IndexByte(" \t\n\r", s[i]) >= 0 {
			i++
			continue
		}
		t, err := next(s[i:])
		if err != nil {
			return nil, fmt.Errorf("at character %d of %q: %w", utf8.RuneCountInString(s[:i])+1, s, err)
		}
		t.at = i
		tokens = append(tokens, t)
		i += len(t.raw)
	}
	return append(tokens, token{kind: tokenEnd, at: len(s)}), nil
}

func next(s string) (token, error) {
	switch c := s[0]; {
	case c == '\'' || c == '"':
		return quoted(s)
	case c >= '0' && c <= '9':
		n := len(s) - len(strings.TrimLeft(s, "0123456789"))
		if n == len(s) || s[n] != '.' {
			return token{kind: tokenLong, text: s[:n], raw: s[:n]}, nil
		}
		rest := s[n+1:]
		n += 1 + len(rest) - len(strings.TrimLeft(rest, "0123456789"))
		return token{kind: tokenDouble, text: s[:n], raw: s[:n]}, nil
	case isWord(c):
		n := 1
		for n < len(s) && (isWord(s[n]) || s[n] >= '0' && s[n] <= '9') {
			n++
		}
		return token{kind: tokenIdentifier, text: s[:n], raw: s[:n]}, nil
	}
	for _, op := range operators {
		if strings.HasPrefix(s, op) {
			return token{kind: tokenOperator, text: op, raw: op}, nil
		}
	}
	r, _ := utf8.DecodeRuneInString(s)
	return token{}, fmt.Errorf("%q cannot begin any part of an expression", r)
}

func isWord(c byte) bool {
	return c == '_' || c == '$' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}

// escapes are the characters that may follow a backslash, and what they stand for.
var escapes = map[byte]string{'"': `"`, '\'': "'", '/': "/", '\\': `\`, 'b': "\b", 'f': "\f", 'n': "\n", 'r': "\r", 't': "\t"}

// quoted reads a string in single quotes or an identifier in double quotes.
func quoted(s string) (token, error) {
	t := token{kind: tokenString}
	if s[0] == '"' {
		t.kind = tokenIdentifier
	}
	var b strings.Builder
	for i := 1; i < len(s); {
		switch c := s[i]; c {
		case s[0]:
			t.text, t.raw = b.String(), s[:i+1]
			return t, nil
		case '\\':
			text, n, err := escape(s[i:])
			if err != nil {
				return token{}, err
			}
			b.WriteString(text)
			i += n
		default:
			b.WriteByte(c)
			i++
		}
	}
	return token{}, fmt.Errorf("the quote %c is never closed", s[0])
}

// escape reads one escape, which is n bytes long; a surrogate pair counts as one.
func escape(s string) (text string, n int, err error) {
	if len(s) > 1 {
		if text, ok := escapes[s[1]]; ok {
			return text, 2, nil
		}
	}
	units, rest := []uint16(nil), s
	for len(units) < 2 {
		u, ok := unicodeEscape(rest)
		if !ok {
			break
		}
		units, rest = append(units, u), rest[6:]
		if u < 0xD800 || u > 0xDBFF {
			break
		}
	}
	if len(units) == 0 {
		return "", 0, fmt.Errorf("%q is not an escape", s[:min(2, len(s))])
	}
	return fromUnits(units), len(s) - len(rest), nil
}

func unicodeEscape(s string) (unit uint16, ok bool) {
	if len(s) < 6 || s[0] != '\\' || s[1] != 'u' {
		return 0, false
	}
	for _, c := range []byte(s[2:6]) {
		digit := strings.IndexByte("0123456789abcdef", c|0x20)
		if c < '0' || c > '9' && c < 'A' || digit < 0 {
			return 0, false
		}
		unit = unit<<4 | uint16(digit)
	}
	return unit, true
}
