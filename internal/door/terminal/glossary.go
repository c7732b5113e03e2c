package terminal

import "strings"

// wrap is a glossary's lines on a narrow screen. If a line is too wide, and the sentences have half of the screen, they
// stay in their column; otherwise they stand below the word.
func wrap(lines [][]string, limit int) string {
	whole := set(lines)
	column, tooWide := 0, false
	for line := range strings.Lines(whole) {
		tooWide = tooWide || widthOf(strings.TrimSuffix(line, "\n")) > limit
	}
	if !tooWide {
		return whole
	}
	for _, line := range lines {
		if len(line) == 2 {
			column = max(column, widthOf(line[0])+gap)
		} else if len(line) > 2 {
			column = limit
		}
	}
	var b strings.Builder
	for _, line := range lines {
		word, about := line[0], line[1:]
		if usage, says, long := strings.Cut(word, "  "); long && len(line) == 1 && usage != "" {
			word, about = usage, []string{says} // it is as wide as a column and has none
		}
		switch {
		case len(line) == 2 && column <= limit/2:
			margin := strings.Repeat(" ", column)
			b.WriteString(word + margin[widthOf(word):] + strings.Join(broken(about[0], limit-column), "\n"+margin) + "\n")
		default:
			below := broken(word, limit)
			for _, cell := range about {
				below = append(below, broken(cell, limit-4)...)
			}
			b.WriteString(strings.Join(below, "\n    ") + "\n")
		}
	}
	return b.String()
}

// broken is a text in lines of at most so many characters, if its words are no longer than that.
func broken(text string, limit int) (lines []string) {
	line := text[:len(text)-len(strings.TrimLeft(text, " "))]
	begun := false
	for _, word := range strings.Fields(text) {
		switch {
		case !begun:
			line += word
		case widthOf(line)+1+widthOf(word) > limit:
			lines = append(lines, line)
			line = word
		default:
			line += " " + word
		}
		begun = true
	}
	return append(lines, line)
}
