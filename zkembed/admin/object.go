package admin

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
)

// object is a JSON object whose fields keep their order.
type object []field

type field struct {
	name  string
	value any
}

// pretty writes the object indented, field by field, because it may be long.
func (o object) pretty(to io.Writer) error {
	p := &printer{Writer: bufio.NewWriterSize(to, 64<<10), lineStart: "\n"}
	p.enc = json.NewEncoder(&p.text)
	p.enc.SetEscapeHTML(false) // < and > stay what they are
	p.value(o)
	return p.Flush()
}

// printer writes values as JSON, indented. A failure is kept by the writer.
type printer struct {
	*bufio.Writer
	lineStart string // of where it is
	text      bytes.Buffer
	enc       *json.Encoder // into text
}

func (p *printer) value(v any) {
	switch v := v.(type) {
	case object:
		p.block('{', '}', len(v), func(i int) {
			p.leaf(v[i].name)
			_, _ = p.WriteString(": ")
			p.value(v[i].value)
		})
	case []object:
		p.block('[', ']', len(v), func(i int) { p.value(v[i]) })
	case []any:
		p.block('[', ']', len(v), func(i int) { p.value(v[i]) })
	case []string:
		p.block('[', ']', len(v), func(i int) { p.leaf(v[i]) })
	case []int64:
		p.block('[', ']', len(v), func(i int) { p.leaf(v[i]) })
	default:
		p.leaf(v)
	}
}

// block writes n parts between brackets.
func (p *printer) block(left, right byte, n int, part func(int)) {
	_ = p.WriteByte(left)
	outside := p.lineStart
	p.lineStart += "  "
	for i := range n {
		if i > 0 {
			_ = p.WriteByte(',')
		}
		_, _ = p.WriteString(p.lineStart)
		part(i)
	}
	if p.lineStart = outside; n > 0 {
		_, _ = p.WriteString(outside)
	}
	_ = p.WriteByte(right)
}

// leaf writes a number, a text, a bool or nil.
func (p *printer) leaf(v any) {
	p.text.Reset()
	if err := p.enc.Encode(v); err != nil {
		panic("admin: a value has no JSON: " + err.Error()) // all of ours do
	}
	_, _ = p.Write(bytes.TrimSuffix(p.text.Bytes(), []byte{'\n'}))
}
