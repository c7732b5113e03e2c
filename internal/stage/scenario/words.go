package scenario

import (
	"fmt"
	"slices"
	"strings"
)

// SyntaxError is a mistake in a text of the language.
type SyntaxError struct {
	Text    string // the whole text
	Column  int    // where the mistake is, in bytes from 1
	Message string
}

func (e *SyntaxError) Error() string {
	return fmt.Sprintf("%s (at column %d of %q)", e.Message, e.Column, e.Text)
}

// Universe is what names can mean in one cluster. A nil list is not checked.
type Universe struct {
	Kinds       []string // every kind that there is
	Elect       []string // the kinds whose nodes elect a leader
	Serve       []string // the kinds whose nodes announce segments
	Nodes       []Node   // of the cluster
	DataSources []string
	Columns     map[string][]string // of the datasources whose columns are known
	Steps       []string            // names of the topology's steps
}

// names are those of the nodes.
func (u Universe) names() []string {
	names := make([]string, len(u.Nodes))
	for i, n := range u.Nodes {
		names[i] = n.Name
	}
	return names
}

// count is how many nodes of a kind there are.
func (u Universe) count(kind string) (n int) {
	for _, node := range u.Nodes {
		if node.Kind == kind {
			n++
		}
	}
	return n
}

// elects says what is wrong with a kind whose leader is asked for, or "".
func (u Universe) elects(kind string) string {
	switch {
	case u.Kinds != nil && !slices.Contains(u.Kinds, kind):
		return unknown("kind", kind, u.Kinds)
	case u.Elect != nil && !slices.Contains(u.Elect, kind):
		return fmt.Sprintf("a %s does not lead: %s elect a leader", kind, strings.Join(u.Elect, " and "))
	case u.Nodes != nil && u.count(kind) == 0:
		return nobody(kind)
	}
	return ""
}

// nobody words that a kind has no node.
func nobody(kind string) string { return fmt.Sprintf("there is no %s in this cluster", kind) }

// Nearest is the known word that a mistyped one is most likely to mean, or "" when
// none is near: at most a third of its letters may differ.
func Nearest(word string, known []string) string { return nearest(word, known, len(word)/3+1) }

// Slip is the known word that a word is with a slip of the hand, or "": at most two of
// its letters differ.
func Slip(word string, known []string) string { return nearest(word, known, 2) }

// nearest is the known word from which the fewest letters differ, at most so many.
func nearest(word string, known []string, most int) string {
	best, bestDistance := "", most+1
	for _, k := range known {
		if d := distance(strings.ToLower(word), strings.ToLower(k)); d < bestDistance {
			best, bestDistance = k, d
		}
	}
	return best
}

// distance is the number of letters to insert, remove, replace or swap with their
// neighbour to get from a to b (optimal string alignment).
func distance(a, b string) int {
	rows := make([][]int, len(a)+1)
	for i := range rows {
		rows[i] = make([]int, len(b)+1)
		rows[i][0] = i
	}
	for j := range rows[0] {
		rows[0][j] = j
	}
	for i := 1; i <= len(a); i++ {
		for j := 1; j <= len(b); j++ {
			replaced := rows[i-1][j-1]
			if a[i-1] != b[j-1] {
				replaced++
			}
			rows[i][j] = min(rows[i-1][j]+1, rows[i][j-1]+1, replaced)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				rows[i][j] = min(rows[i][j], rows[i-2][j-2]+1)
			}
		}
	}
	return rows[len(a)][len(b)]
}

// unknown words a message about a word that is not in the list.
func unknown(what, word string, known []string) string {
	message := fmt.Sprintf("unknown %s %q", what, word)
	if near := Nearest(word, known); near != "" {
		message += fmt.Sprintf("; did you mean %q?", near)
	}
	return message
}

// unknownAmong words the same, and lists the known words where none is near.
func unknownAmong(what, word string, known []string) string {
	message := unknown(what, word, known)
	if Nearest(word, known) == "" {
		message += "; known are " + strings.Join(known, ", ")
	}
	return message
}
