package cli

import (
	"strings"

	"oakmoot/internal/door/terminal"
)

// printable is a foreign string as a cell of a line.
func printable(text string) string { return terminal.Printable(text) }

// cells are the cells of a line of a table.
func cells(all ...string) string {
	for i := range all {
		all[i] = printable(all[i])
	}
	return row(all...)
}

// row is a line of a table whose cells are printable already, and may have styles.
func row(all ...string) string { return strings.Join(all, "\t") + "\n" }

// header is the first line of a table.
func header(names ...string) string {
	for i := range names {
		names[i] = terminal.Head.Text(names[i])
	}
	return row(names...)
}
