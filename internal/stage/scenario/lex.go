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
			n := span(rest, digits+".")
			tokens = append(tokens, token{tokenNumber, rest[:n], i + 1})
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
			if sign == "" {
				return nil, &SyntaxError{Text: text, Column: i + 1, Message: fmt.Sprintf("%q means nothing here", rest[:1])}
			}
			tokens = append(tokens, token{tokenSign, sign, i + 1})
			i += len(sign)
		}
	}
	return append(tokens, token{tokenEnd, "", len(text) + 1}), nil
}

var reserved = map[string]bool{"and": true, "or": true, "not": true}

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
