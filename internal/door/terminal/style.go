package terminal

import (
	"strings"
	"unicode/utf8"
)

// Style is how a piece of text looks. It is a noncharacter of Unicode, which is for use within a program only: it
// stands in front of the text until that is written, and is written as colour or not at all.
type Style rune

// Styles, by what they mean.
const (
	Good   Style = 0xfdd0 + iota // up, held
	Bad                          // down, broken
	Warn                         // armed, pending, not exercised
	Head                         // headlines
	Leader                       // who leads
	Faint                        // what is there besides

	unstyled // ends the text
)

// sequences are the styles in colours: SGR of ECMA-48.
var sequences = map[rune]string{
	rune(Good): "\x1b[32m", rune(Bad): "\x1b[1;31m", rune(Warn): "\x1b[33m", rune(Head): "\x1b[1m", rune(Leader): "\x1b[1;36m",
	rune(Faint): "\x1b[2m", rune(unstyled): "\x1b[0m",
}

func isStyle(r rune) bool { return r >= rune(Good) && r <= rune(unstyled) }

// Text is a foreign text as part of a line, in the style.
func (s Style) Text(text string) string { return s.wrap(Printable(text)) }

// wrap is Text for a text that may have styles in it.
func (s Style) wrap(text string) string {
	if text == "" {
		return ""
	}
	return string(rune(s)) + text + string(rune(unstyled))
}

// widthOf is how many characters of a line a text takes.
func widthOf(text string) int {
	n := utf8.RuneCountInString(text)
	for _, r := range text {
		if isStyle(r) {
			n--
		}
	}
	return n
}

// cutCell is a cell in at most so many characters: a sentence loses its end, and a name its middle, since what tells
// it from others is at its end.
func cutCell(text string, width int) string {
	if width < leastColumn || widthOf(text) <= width || strings.ContainsRune(text, ' ') {
		return Cut(text, width)
	}
	tail := (width - 1) / 3
	first, last := width-1-tail, widthOf(text)-tail
	var b strings.Builder
	at := 0
	for _, r := range text {
		if isStyle(r) {
			b.WriteRune(r)
			continue
		}
		switch {
		case at < first || at >= last:
			b.WriteRune(r)
		case at == first:
			b.WriteRune('…')
		}
		at++
	}
	return b.String()
}

// Cut is the text in at most so many characters; an ellipsis stands for its end. Styles stay.
func Cut(text string, width int) string {
	if width <= 0 || widthOf(text) <= width {
		return text
	}
	var b strings.Builder
	left := width - 1
	for _, r := range text {
		switch {
		case isStyle(r):
			b.WriteRune(r)
		case left > 0:
			b.WriteRune(r)
			left--
		case left == 0:
			b.WriteRune('…')
			left--
		}
	}
	return b.String()
}
