package druid

import "bytes"

// plain reads JSON that is known to be valid, as long as it is written as Druid writes it:
// strings are ASCII without escapes, numbers are integers. Anything else makes it fail,
// and the caller reads the value in the general way.
type plain struct {
	data   []byte
	at     int
	failed bool
}

// next is the next byte that is no white space, 0 at the end.
func (p *plain) next() byte {
	for p.at < len(p.data) {
		switch c := p.data[p.at]; c {
		case ' ', '\t', '\n', '\r':
			p.at++
		default:
			return c
		}
	}
	return 0
}

// take steps over a byte if it is the next one.
func (p *plain) take(c byte) bool {
	if p.next() != c {
		return false
	}
	p.at++
	return true
}

// text is a string's content, which is part of the data.
func (p *plain) text() []byte {
	if !p.take('"') {
		p.failed = true
		return nil
	}
	start := p.at
	for ; p.at < len(p.data); p.at++ {
		switch c := p.data[p.at]; {
		case c == '"':
			p.at++
			return p.data[start : p.at-1]
		case c == '\\' || c < ' ' || c >= 0x80:
			p.failed = true
			return nil
		}
	}
	p.failed = true
	return nil
}

// integer is a whole number of at most 18 digits.
func (p *plain) integer() (n int64) {
	negative := p.take('-')
	start := p.at
	for ; p.at < len(p.data) && p.data[p.at] >= '0' && p.data[p.at] <= '9'; p.at++ {
		n = n*10 + int64(p.data[p.at]-'0')
	}
	if digits := p.at - start; digits == 0 || digits > 18 {
		p.failed = true
	}
	if p.at < len(p.data) && (p.data[p.at] == '.' || p.data[p.at] == 'e' || p.data[p.at] == 'E') {
		p.failed = true
	}
	if negative {
		return -n
	}
	return n
}

// null steps over a null if it is the next value.
func (p *plain) null() bool {
	if p.next() != 'n' {
		return false
	}
	p.at += len("null")
	return true
}

// value is any value as it is written.
func (p *plain) value() []byte {
	p.next()
	start, depth := p.at, 0
	for p.at < len(p.data) {
		switch p.data[p.at] {
		case '"':
			p.skipString()
			if depth == 0 {
				return p.data[start:p.at]
			}
			continue
		case '{', '[':
			depth++
		case '}', ']':
			if depth == 0 {
				return p.data[start:p.at]
			}
			if depth--; depth == 0 {
				p.at++
				return p.data[start:p.at]
			}
		case ',', ' ', '\t', '\n', '\r':
			if depth == 0 {
				return p.data[start:p.at]
			}
		}
		p.at++
	}
	return p.data[start:p.at]
}

// skipString steps over a string, whatever it contains: up to the first quote that no odd number of backslashes is before.
func (p *plain) skipString() {
	p.at++
	for start := p.at; ; {
		quote := bytes.IndexByte(p.data[p.at:], '"')
		if quote < 0 {
			p.at = len(p.data)
			return
		}
		if p.at += quote + 1; p.data[p.at-2] != '\\' {
			return // as nearly always
		}
		text := p.data[start : p.at-1]
		if (len(text)-len(bytes.TrimRight(text, `\`)))%2 == 0 {
			return
		}
	}
}

// members calls each for every member of an object, which has to step over the value.
func (p *plain) members(each func(key []byte)) {
	if !p.take('{') {
		p.failed = true
		return
	}
	for more := !p.take('}'); more && !p.failed; more = !p.take('}') {
		key := p.text()
		if p.failed || !p.take(':') {
			p.failed = true
			return
		}
		if each(key); p.take(',') && p.next() == '}' {
			p.failed = true
		}
	}
}
