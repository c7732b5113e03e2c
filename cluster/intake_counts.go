package cluster

import "fmt"

// Intake is what became of the rows of a datasource or a stream of the topology.
type Intake struct {
	DataSource  string   `json:"dataSource"`
	Source      string   `json:"source"`             // the file, or the node of a stream
	State       string   `json:"state"`              // pending | running | done | failed | kept from an earlier run
	Processed   int64    `json:"processed"`          // rows that are in
	Flawed      int64    `json:"processedWithError"` // rows that are in, with a value that could not be read
	ThrownAway  int64    `json:"thrownAway"`         // by filter, time window or header
	Unparseable int64    `json:"unparseable"`        // rows that could not be read
	Samples     []string `json:"samples,omitempty"`  // why, of some
	Error       string   `json:"error,omitempty"`    // of a failed task
	Task        string   `json:"task,omitempty"`
}

// Taken is how many rows are in.
func (i Intake) Taken() int64 { return i.Processed + i.Flawed }

// Read is how many rows there were.
func (i Intake) Read() int64 { return i.Taken() + i.ThrownAway + i.Unparseable }

// String is the counts in words: "17,808 of 17,810 rows are in, 2 unparseable".
func (i Intake) String() string {
	if i.Read() == 0 {
		return "0 rows: there was none to read in " + i.Source
	}
	text := fmt.Sprintf("%s of %s rows are in", thousands(i.Taken()), thousands(i.Read()))
	for _, part := range []struct {
		n    int64
		word string
	}{{i.Unparseable, "unparseable"}, {i.ThrownAway, "thrown away"}, {i.Flawed, "with a value that could not be read"}} {
		if part.n > 0 {
			text += fmt.Sprintf(", %s %s", thousands(part.n), part.word)
		}
	}
	if len(i.Samples) > 0 {
		text += "; for example: " + i.Samples[0]
	}
	return text
}

// thousands is a number with commas.
func thousands(n int64) string {
	text := fmt.Sprint(n)
	for i := len(text) - 3; i > 0; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}
