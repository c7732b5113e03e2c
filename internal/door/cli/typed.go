package cli

import "strings"

// typed is a command line up to the cursor, as a person types it in a shell.
type typed struct {
	line  string
	words []string // without their quotes; the last one is where the cursor is, perhaps empty
	start int      // where the last one begins in the line
	quote byte     // the quote that the last one is in, or 0
}

// readTyped takes a line apart as shells do.
func readTyped(line string) *typed {
	t := &typed{line: line}
	var word strings.Builder
	begun := false
	for i := 0; i < len(line); i++ {
		b := line[i]
		switch {
		case t.quote == 0 && (b == ' ' || b == '\t'):
			if begun {
				t.words = append(t.words, word.String())
				word.Reset()
			}
			begun, t.start = false, i+1
			continue
		case t.quote == 0 && (b == '\'' || b == '"'):
			t.quote = b
		case t.quote == b:
			t.quote = 0
		case b == '\\' && t.quote != '\'' && i+1 < len(line):
			i++
			word.WriteByte(line[i])
		default:
			word.WriteByte(b)
		}
		begun = true
	}
	t.words = append(t.words, word.String())
	return t
}

// arguments are the words behind the command and the variables that are set for it alone.
func (t *typed) arguments() []string {
	words := t.words
	for len(words) > 1 && strings.Contains(words[0], "=") {
		words = words[1:]
	}
	return words[1:]
}

// ending is the end of a word that the last one can be: what bash puts where it sees the last word begin, which can be
// in the middle. Outside quotes bash does not quote it.
func (t *typed) ending(text, seen string) string {
	if head, ok := strings.CutSuffix(t.line[t.start:], seen); ok {
		before := readTyped(head).words
		text = strings.TrimPrefix(text, before[len(before)-1])
	}
	if t.quote != 0 {
		return text
	}
	return escaped(text)
}

// escaped is a text as a word of a shell.
func escaped(text string) string {
	var b strings.Builder
	for _, r := range text {
		if strings.ContainsRune(" \t'\"\\$`&|;<>()*?[]{}!#", r) {
			b.WriteByte('\\')
		}
		b.WriteRune(r)
	}
	return b.String()
}
