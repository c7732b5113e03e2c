package scenario

import (
	"fmt"
	"strings"
)

// token is a word or sign of a condition.
type token struct {
	kind   tokenKind
	text   string
	column int
}

type tokenKind int

const (
	tokenEnd tokenKind = iota
	tokenNumber
	tokenLength // of time
	tokenName
	tokenSign
	tokenArguments // what stands between the parentheses of a call
)

var signs = []string{"==", "!=", "<=", ">=", "<", ">", "(", ")", "+", "-", "*"}

const (
	digits  = "0123456789"
	letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_"
)

// lex cuts a condition into tokens. The arguments of a call stay one token: they
// are selectors and names with a grammar of their own.
func lex(text string) ([]token, error) {
	var tokens []token
	for i := 0; i < len(text); {
		rest := text[i:]
		switch {
		case rest[0] == ' ' || rest[0] == '\t' || rest[0] == '\n':
			i++
		case strings.ContainsRune(digits, rune(rest[0])):
			n, kind := numberLength(rest)
			tokens = append(tokens, token{kind, rest[:n], i + 1})
			i += n
		case strings.ContainsRune(letters, rune(rest[0])):
			n := span(rest, letters+digits)
			tokens = append(tokens, token{tokenName, rest[:n], i + 1})
			i += n
			if i < len(text) && text[i] == '(' && !reserved[rest[:n]] {
				end := strings.IndexByte(text[i:], ')')
				if end < 0 {
					return nil, &SyntaxError{Text: text, Column: i + 1, Message: "this parenthesis is not closed"}
				}
				tokens = append(tokens, token{tokenArguments, text[i+1 : i+end], i + 2})
				i += end + 1
			}
		default:
			sign := signAt(rest)
			if sign == "" || foreignAt(rest) != "" {
				return nil, &SyntaxError{Text: text, Column: i + 1, Message: meansNothing(rest)}
			}
			tokens = append(tokens, token{tokenSign, sign, i + 1})
			i += len(sign)
		}
	}
	return append(tokens, token{tokenEnd, "", len(text) + 1}), nil
}

// numberLength is how many bytes belong to the number, or the length of time, that begins
// here.
func numberLength(text string) (n int, kind tokenKind) {
	n = span(text, digits+".")
	if strings.HasPrefix(text[n:], sessionSuffix) {
		return n + len(sessionSuffix), tokenLength
	}
	if m := span(text, digits+letters+"."); m > n && text[n] != '_' {
		return m, tokenLength
	}
	return n, tokenNumber
}

var reserved = map[string]bool{"and": true, "or": true, "not": true}

// foreign are signs of other languages that begin like ours, and what they mean there.
var foreign = [][2]string{{"===", "=="}, {"!==", "!="}, {"<>", "!="}, {"=<", "<="}, {"=>", ">="}}

// foreignAt is the sign of another language with which a text begins, or "".
func foreignAt(text string) string {
	for _, f := range foreign {
		if strings.HasPrefix(text, f[0]) {
			return f[0]
		}
	}
	return ""
}

// meansNothing words that a sign means nothing, and what its writer may have meant.
func meansNothing(text string) string {
	for _, f := range foreign {
		if strings.HasPrefix(text, f[0]) {
			return fmt.Sprintf("%q means nothing here; did you mean %q?", f[0], f[1])
		}
	}
	for sign, word := range map[string]string{"=": "==", "&": "and", "|": "or", "!": "not", "/": "*"} {
		if !strings.HasPrefix(text, sign) {
			continue
		}
		if strings.HasPrefix(text, sign+sign) {
			sign += sign
		}
		if word == "*" {
			return fmt.Sprintf("%q means nothing here: numbers are added, subtracted and multiplied", sign)
		}
		return fmt.Sprintf("%q means nothing here; did you mean %q?", sign, word)
	}
	return fmt.Sprintf("%q means nothing here", text[:1])
}

// span is how many leading bytes of text are in the set.
func span(text, set string) int {
	n := 0
	for n < len(text) && strings.IndexByte(set, text[n]) >= 0 {
		n++
	}
	return n
}

func signAt(text string) string {
	for _, s := range signs {
		if strings.HasPrefix(text, s) {
			return s
		}
	}
	return ""
}
