// Package javaregexp compiles regular expressions of java.util.regex, as far as
// Go's can do what they ask for.
package javaregexp

import (
	"fmt"
	"regexp"
	"strings"
)

// AnyCharacter is what Java's dot stands for: it stops at the ends of lines, of
// which there are more than Go knows.
const AnyCharacter = `[^\n\r\x{85}\x{2028}\x{2029}]`

// Compile reads a pattern. What Go's regular expressions do not have (looking
// around, references back, possessive repetition, classes in classes) is refused.
func Compile(pattern string) (*regexp.Regexp, error) {
	class := false
	for i := 0; i < len(pattern); i++ {
		switch c := pattern[i]; {
		case c == '\\':
			i++
		case class && (c == '[' || strings.HasPrefix(pattern[i:], "&&")):
			return nil, fmt.Errorf("regular expression %q: a class within a class is not supported", pattern)
		case c == '[':
			class = true
			if strings.HasPrefix(pattern[i+1:], "^") {
				i++
			}
			if strings.HasPrefix(pattern[i+1:], "]") { // a character, not the end
				i++
			}
		case c == ']':
			class = false
		}
	}
	re, err := regexp.Compile(pattern)
	if err != nil {
		return nil, fmt.Errorf("regular expression %q is not supported: %w", pattern, err)
	}
	return re, nil
}
