package terminal

import (
	"slices"
	"strings"
)

// Table sets cells in columns: text is written to it in lines, with a tab between cells, as to a text/tabwriter. A
// column is as wide as its widest cell among the lines above and below that have one. A cell may have a style.
type Table struct {
	out   *Output
	whole bool
	wraps bool
	text  strings.Builder
}

// NewTable is a table that fits the screen: where it would be too wide, the cells of its widest columns are cut.
func NewTable(out *Output) *Table { return &Table{out: out} }

// NewList is a table whose cells stay whole, whatever the screen.
func NewList(out *Output) *Table { return &Table{out: out, whole: true} }

// NewGlossary is a list of words, each with sentences about it in the last cells: on a narrow screen these go on below.
func NewGlossary(out *Output) *Table { return &Table{out: out, whole: true, wraps: true} }

// Write adds text.
func (t *Table) Write(b []byte) (int, error) { return t.text.Write(b) }

// Empty reports whether nothing has been written to it.
func (t *Table) Empty() bool { return t.text.Len() == 0 }

// gap is how many spaces are between columns.
const gap = 2

// leastColumn is how narrow a column can become.
const leastColumn = 8

// Flush prints the table, and begins another.
func (t *Table) Flush() error {
	text := t.text.String()
	t.text.Reset()
	if text == "" {
		return nil
	}
	var lines [][]string
	for line := range strings.SplitSeq(strings.TrimSuffix(text, "\n"), "\n") {
		lines = append(lines, strings.Split(line, "\t"))
	}
	limit := t.out.Width()
	switch {
	case limit == 0:
	case t.wraps:
		return t.out.Print(wrap(lines, limit))
	case !t.whole:
		fit(lines, limit)
		return t.out.Print(cutLines(lines, set(lines), limit))
	}
	return t.out.Print(set(lines))
}

// set is the lines with their cells in columns. The last cell of a line has no column.
func set(lines [][]string) string {
	padded := make([][]int, len(lines)) // the width of each cell's column
	for i, line := range lines {
		padded[i] = make([]int, len(line))
	}
	for column := 0; ; column++ {
		found := false
		for first := 0; first < len(lines); {
			end, widest := first, 0
			for end < len(lines) && len(lines[end]) > column+1 {
				widest = max(widest, widthOf(lines[end][column]))
				end++
			}
			for i := first; i < end; i++ {
				padded[i][column] = widest + gap
				found = true
			}
			first = max(end, first+1)
		}
		if !found {
			break
		}
	}
	var b strings.Builder
	for i, line := range lines {
		for column, cell := range line {
			b.WriteString(cell)
			b.WriteString(strings.Repeat(" ", max(0, padded[i][column]-widthOf(cell))))
		}
		b.WriteByte('\n')
	}
	return b.String()
}

// fit cuts cells so that no line is wider than the limit, a block of lines that follow one another at a time: lines
// that are no part of a table stay as they are.
func fit(lines [][]string, limit int) {
	for first := 0; first < len(lines); {
		end := first
		for end < len(lines) && len(lines[end]) > 1 {
			end++
		}
		fitBlock(lines[first:end], limit)
		first = max(end, first+1)
	}
}

// cutLines cuts the lines of tables whose columns are as narrow as they become, and are still too many.
func cutLines(cells [][]string, text string, limit int) string {
	lines := strings.Split(text, "\n")
	for i := range cells {
		if len(cells[i]) > 1 {
			lines[i] = Cut(lines[i], limit)
		}
	}
	return strings.Join(lines, "\n")
}

func fitBlock(lines [][]string, limit int) {
	var widths []int
	for _, line := range lines {
		for column, cell := range line {
			if column == len(widths) {
				widths = append(widths, 0)
			}
			widths[column] = max(widths[column], widthOf(cell))
		}
	}
	room := limit - gap*(len(widths)-1)
	if sum(widths) <= room {
		return
	}
	for sum(widths) > room {
		widest := slices.Index(widths, slices.Max(widths))
		if widths[widest] <= leastColumn {
			break
		}
		widths[widest]--
	}
	for _, line := range lines {
		for column := range line {
			line[column] = cutCell(line[column], widths[column])
		}
	}
}

func sum(numbers []int) (total int) {
	for _, n := range numbers {
		total += n
	}
	return total
}
