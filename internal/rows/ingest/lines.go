package ingest

import (
	"bytes"
	"strings"
	"unicode/utf8"
)

// javaLines splits at a line feed, a carriage return, or one followed by the other:
// BufferedReader.readLine.
func javaLines(data []byte, atEOF bool) (advance int, token []byte, err error) {
	end := bytes.IndexAny(data, "\r\n")
	switch {
	case end < 0 && atEOF && len(data) > 0:
		return len(data), data, nil
	case end < 0:
		return 0, nil, nil
	case data[end] == '\n' || end+1 < len(data) && data[end+1] != '\n':
		return end + 1, data[:end], nil
	case end+1 < len(data):
		return end + 2, data[:end], nil
	case atEOF:
		return end + 1, data[:end], nil
	}
	return 0, nil, nil // a line feed may follow, but is not here yet
}

// javaUTF8 replaces each malformed sequence by a replacement character, as Java's
// decoder does: one for the longest run of bytes that could begin a character or would
// be an unpaired surrogate.
func javaUTF8(s string) string {
	if utf8.ValidString(s) {
		return s
	}
	var b strings.Builder
	for len(s) > 0 {
		r, n := utf8.DecodeRuneInString(s)
		if r == utf8.RuneError && n == 1 {
			n = malformed(s)
		}
		b.WriteRune(r)
		s = s[n:]
	}
	return b.String()
}

// malformed returns the length of the longest beginning of a character at the start of
// s, but at least 1.
func malformed(s string) int {
	if len(s) > 1 && s[0] == 0xed && s[1]&0xe0 == 0xa0 { // a surrogate
		if len(s) > 2 && s[2]&0xc0 == 0x80 {
			return 3
		}
		return 2
	}
	for n := 3; n > 1; n-- {
		if len(s) < n {
			continue
		}
		for _, last := range []string{"\x80", "\xbf", "\x80\x80"} {
			if r, size := utf8.DecodeRuneInString(s[:n] + last); r != utf8.RuneError && size == n+len(last) {
				return n
			}
		}
	}
	return 1
}
