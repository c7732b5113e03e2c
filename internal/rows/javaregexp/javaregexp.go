// Package javaregexp compiles java.util.regex's regular expressions, as far as Go's can
// express them.
package javaregexp

import (
	"fmt"
	"regexp"
	"strings"
)

// AnyCharacter is what Java's dot matches: anything but a line terminator, of which
// Java has more than Go.
const AnyCharacter = `[^\n\r\x{85}\x{2028}\x{2029}]`

// Compile reads a pattern. It refuses what Go's regular expressions lack: lookaround,
// back references, possessive quantifiers, and classes within classes.
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
