package jsonpath

import (
	"fmt"
	"strconv"
	"strings"
)

// maxSteps and maxLength limit a path.
const (
	maxSteps  = 200
	maxLength = 16 << 10
)

// Compile reads a path: PathCompiler. A path that begins with neither $ nor @ is read
// as if "$." preceded it.
func Compile(text string) (*Path, error) {
	p, err := compile(text)
	if err != nil {
		return nil, fmt.Errorf("path %.200q: %w", text, err)
	}
	return p, nil
}

func compile(text string) (*Path, error) {
	if len(text) > maxLength {
		return nil, fmt.Errorf("longer than %d bytes", maxLength)
	}
	full := text
	if text == "" || text[0] != '$' && text[0] != '@' {
		full = "$." + text
	}
	c := &compiler{rest: strings.TrimRight(full, " ")[1:]}
	if strings.HasSuffix(c.rest, ".") {
		return nil, fmt.Errorf("Path must not end with a '.' or '..'")
	}
	if c.rest != "" && c.rest[0] != '.' && c.rest[0] != '[' {
		return nil, fmt.Errorf("Illegal character at position 1 expected '.' or '['")
	}
	for c.rest != "" {
		if err := c.step(); err != nil {
			return nil, err
		}
		if len(c.steps) > maxSteps {
			return nil, fmt.Errorf("more than %d steps", maxSteps)
		}
	}
	p := &Path{steps: c.steps, definite: true}
	for i, s := range p.steps {
		p.definite = p.definite && s.definite(i == len(p.steps)-1)
	}
	return p, nil
}

type compiler struct {
	rest  string
	steps []step
	depth int // filters within filters
}

func (c *compiler) add(s step) { c.steps = append(c.steps, s) }

// step reads the next token, and the dots before it.
func (c *compiler) step() error {
	if rest, ok := strings.CutPrefix(c.rest, ".."); ok {
		if strings.HasPrefix(rest, ".") {
			return fmt.Errorf("Character '.' on position 3 is not valid.")
		}
		c.rest = rest
		c.add(scan{})
	} else if rest, ok := strings.CutPrefix(c.rest, "."); ok {
		c.rest = rest
	} else if c.rest[0] != '[' {
		return fmt.Errorf("Could not parse token at %q", c.rest)
	}
	switch {
	case strings.HasPrefix(c.rest, "["):
		return c.bracket()
	case strings.HasPrefix(c.rest, "*"):
		c.rest = c.rest[1:]
		c.add(wildcard{})
		return nil
	}
	return c.dotted()
}

// dotted reads a name after a dot, up to the next dot or bracket.
func (c *compiler) dotted() error {
	end := strings.IndexAny(c.rest, ".[( ")
	if end < 0 {
		end = len(c.rest)
	}
	name := c.rest[:end]
	if c.rest = c.rest[end:]; name == "" {
		return fmt.Errorf("Could not parse token at %q", c.rest)
	}
	switch {
	case strings.HasPrefix(c.rest, "("):
		return fmt.Errorf("function %s() is not supported: Druid 0.14.0 cannot use its result", name)
	case strings.HasPrefix(c.rest, " "):
		return fmt.Errorf("Use bracket notion ['my prop'] if your property contains blank characters.")
	}
	c.add(property{name})
	return nil
}

func (c *compiler) bracket() error {
	inside := strings.TrimLeft(c.rest[1:], " ")
	switch {
	case strings.HasPrefix(inside, "?"):
		c.rest = inside[1:]
		return c.filter()
	case strings.HasPrefix(inside, "'"), strings.HasPrefix(inside, `"`):
		c.rest = inside
		return c.names()
	}
	text, rest, ok := strings.Cut(inside, "]")
	text = strings.TrimSpace(text)
	if !ok || text == "" {
		return fmt.Errorf("Could not parse token at %q. Expected ?, ', 0-9, *", c.rest)
	}
	c.rest = rest
	switch {
	case text == "*":
		c.add(wildcard{})
		return nil
	case strings.Contains(text, ":"):
		return c.slice(text)
	}
	var x index
	for part := range strings.SplitSeq(text, ",") {
		n, err := integer(strings.TrimSpace(part))
		if err != nil {
			return fmt.Errorf("Failed to parse token in ArrayIndexOperation: %s", part)
		}
		x = append(x, n)
	}
	c.add(x)
	return nil
}

func integer(s string) (int, error) {
	n, err := strconv.ParseInt(strings.TrimPrefix(s, "+"), 10, 32)
	if strings.HasPrefix(s, "+") {
		err = strconv.ErrSyntax
	}
	return int(n), err
}

// slice reads from:to, either of which may be missing. A third number is accepted and
// changes nothing.
func (c *compiler) slice(text string) error {
	parts := strings.Split(text, ":")
	var ends [2]*int
	for i, part := range parts {
		if i > 2 {
			return fmt.Errorf("Failed to parse SliceOperation: %s", text)
		}
		if part == "" && i < 2 {
			continue
		}
		n, err := integer(part)
		if err != nil {
			return fmt.Errorf("Failed to parse SliceOperation: %s", text)
		}
		if i < 2 {
			ends[i] = &n
		}
	}
	if ends[0] == nil && ends[1] == nil {
		return fmt.Errorf("Failed to parse SliceOperation: %s", text)
	}
	c.add(slice{ends[0], ends[1]})
	return nil
}

// names reads names in quotes, separated by commas.
func (c *compiler) names() error {
	var p property
	for {
		name, rest, err := quoted(c.rest)
		if err != nil {
			return err
		}
		p = append(p, name)
		rest = strings.TrimLeft(rest, " ")
		if after, ok := strings.CutPrefix(rest, "]"); ok {
			c.rest = after
			c.add(p)
			return nil
		}
		if c.rest = strings.TrimLeft(strings.TrimPrefix(rest, ","), " "); !strings.HasPrefix(rest, ",") || c.rest == "" {
			return fmt.Errorf("Property must be separated by commas or be closed by ]")
		}
	}
}

// quoted reads a string in single or double quotes, with Java's escapes.
func quoted(s string) (text, rest string, err error) {
	if s == "" || s[0] != '\'' && s[0] != '"' {
		return "", s, fmt.Errorf("a quote is missing at %q", s)
	}
	var b strings.Builder
	for i := 1; i < len(s); i++ {
		switch {
		case s[i] == s[0]:
			return b.String(), s[i+1:], nil
		case s[i] != '\\':
			b.WriteByte(s[i])
		default:
			char, _, tail, err := strconv.UnquoteChar(s[i:], s[0])
			if err != nil { // a backslash before any other character is dropped
				continue
			}
			b.WriteRune(char)
			i = len(s) - len(tail) - 1
		}
	}
	return "", s, fmt.Errorf("a quote is never closed in %q", s)
}
