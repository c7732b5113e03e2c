// Package zoocfg reads the form of zoo.cfg: java.util.Properties, as
// QuorumPeerConfig does, with the line of each key.
package zoocfg

import (
	"strconv"
	"strings"
	"unicode/utf16"
)

// Entry is a key with its value. A key may come twice; the last one counts.
type Entry struct {
	Key, Value string
	Line       int // on which it begins, from 1
}

const blanks = " \t\f"

// Parse reads entries in their order. Java refuses no text, except for an escape \u without
// four hexadecimal digits, which is kept as it is here.
func Parse(text string) []Entry {
	var entries []Entry
	lines := strings.Split(strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(text), "\n")
	for i := 0; i < len(lines); i++ {
		line, first := strings.TrimLeft(lines[i], blanks), i+1
		if line == "" || line[0] == '#' || line[0] == '!' {
			continue
		}
		for continues(line) && i+1 < len(lines) {
			i++
			line = line[:len(line)-1] + strings.TrimLeft(lines[i], blanks)
		}
		if continues(line) {
			line = line[:len(line)-1]
		}
		key, value := split(line)
		entries = append(entries, Entry{unescape(key), strings.TrimSpace(unescape(value)), first})
	}
	return entries
}

// continues reports whether a line ends in an odd number of backslashes.
func continues(line string) bool {
	return (len(line)-len(strings.TrimRight(line, `\`)))%2 == 1
}

// split cuts a line at the first =, : or blank that is not escaped with a backslash.
func split(line string) (key, value string) {
	end := len(line)
	for i := 0; i < len(line); i++ {
		if line[i] == '\\' {
			i++
			continue
		}
		if strings.IndexByte("=:"+blanks, line[i]) >= 0 {
			end = i
			break
		}
	}
	value = strings.TrimLeft(line[end:], blanks)
	if value != "" && (value[0] == '=' || value[0] == ':') {
		value = strings.TrimLeft(value[1:], blanks)
	}
	return line[:end], value
}

var escapes = map[byte]byte{'t': '\t', 'n': '\n', 'r': '\r', 'f': '\f'}

func unescape(text string) string {
	if !strings.Contains(text, `\`) {
		return text
	}
	var b strings.Builder
	for i := 0; i < len(text); i++ {
		switch {
		case text[i] != '\\':
			b.WriteByte(text[i])
		case i+1 == len(text): // nothing is escaped
		case text[i+1] == 'u':
			r, n := unicodes(text[i:])
			b.WriteString(r)
			i += n - 1
		default:
			i++
			if c, ok := escapes[text[i]]; ok {
				b.WriteByte(c)
			} else {
				b.WriteByte(text[i])
			}
		}
	}
	return b.String()
}

// unicodes reads the escapes \uXXXX at the front of a text, which together may be a
// pair of surrogates, and returns how many bytes they take.
func unicodes(text string) (r string, n int) {
	const size = 6 // of \uXXXX
	var units []uint16
	for len(text)-n >= size && text[n:n+2] == `\u` {
		u, err := strconv.ParseUint(text[n+2:n+size], 16, 16)
		if err != nil {
			break
		}
		units = append(units, uint16(u))
		n += size
	}
	if n == 0 {
		return `\`, 1
	}
	return string(utf16.Decode(units)), n
}
