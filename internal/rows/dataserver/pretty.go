package dataserver

import (
	"bytes"
	"encoding/json"
	"strings"
)

// Pretty writes JSON as Jackson's DefaultPrettyPrinter does: objects over several
// lines, arrays on one, blanks around colons. Text that is not JSON is left as it is.
func Pretty(raw []byte) []byte {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	p := printer{in: d}
	if p.value() != nil {
		return raw
	}
	return p.out.Bytes()
}

type printer struct {
	in    *json.Decoder
	out   bytes.Buffer
	depth int
}

func (p *printer) value() error {
	t, err := p.in.Token()
	if err != nil {
		return err
	}
	switch t {
	case json.Delim('{'):
		return p.object()
	case json.Delim('['):
		return p.array()
	}
	return p.scalar(t)
}

func (p *printer) scalar(t json.Token) error {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(t); err != nil {
		return err
	}
	p.out.Write(bytes.TrimRight(b.Bytes(), "\n"))
	return nil
}

func (p *printer) object() error {
	p.depth++
	p.out.WriteByte('{')
	for first := true; p.in.More(); first = false {
		if !first {
			p.out.WriteByte(',')
		}
		p.line()
		key, err := p.in.Token()
		if err != nil {
			return err
		}
		if err := p.scalar(key); err != nil {
			return err
		}
		p.out.WriteString(" : ")
		if err := p.value(); err != nil {
			return err
		}
	}
	p.depth--
	if p.out.Bytes()[p.out.Len()-1] == '{' {
		p.out.WriteByte(' ')
	} else {
		p.line()
	}
	p.out.WriteByte('}')
	_, err := p.in.Token()
	return err
}

func (p *printer) array() error {
	p.out.WriteString("[ ")
	for first := true; p.in.More(); first = false {
		if !first {
			p.out.WriteString(", ")
		}
		if err := p.value(); err != nil {
			return err
		}
	}
	if p.out.Bytes()[p.out.Len()-1] != ' ' {
		p.out.WriteByte(' ')
	}
	p.out.WriteByte(']')
	_, err := p.in.Token()
	return err
}

func (p *printer) line() {
	p.out.WriteString("\n" + strings.Repeat("  ", p.depth))
}
