package cli

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"

	"oakmoot/cluster"
	"oakmoot/internal/door/report"
	"oakmoot/internal/door/terminal"
)

// writeVerdict says what became of each expectation, step and datasource of the topology and of each invariant.
func writeVerdict(out *terminal.Output, v cluster.Verdict) {
	w := terminal.NewGlossary(out)
	for _, e := range v.Expectations {
		line := e.Text
		if e.Why != "" {
			line += ": " + e.Why
		}
		if commit := e.Commit(); commit != "" {
			line += fmt.Sprintf(" (%s, at %s)", commit, e.Time.Format("15:04:05.000"))
		}
		fmt.Fprint(w, row(verdictWord(e.State), printable(line)))
	}
	for _, st := range v.Steps {
		fmt.Fprint(w, row(verdictWord(stepState(st)), "step "+printable(stepLine(st))))
	}
	for _, entry := range v.Rows {
		fmt.Fprintf(w, "rows\t%s\n", printable(intakeLine(entry)))
	}
	writeFailovers(w, v)
	writeInvariants(w, v.Invariants)
	if !w.Empty() {
		fmt.Fprintln(out)
		_ = w.Flush() // nobody is there to read it
	}
}

// verdictWord is what became of something, in the colour that it has.
func verdictWord(state string) string {
	switch state {
	case "held", "fired":
		return terminal.Good.Text(state)
	case "broken", "failed":
		return terminal.Bad.Text(state)
	case "off", "not checked":
		return terminal.Faint.Text(state)
	}
	return terminal.Warn.Text(state)
}

// conclusion is a verdict in one line: what it is, of how much, what was broken first, and the exit code.
func conclusion(v cluster.Verdict, err error) string {
	var broken []string
	held, expected := 0, len(v.Expectations)
	for _, e := range v.Expectations {
		switch e.State {
		case "held":
			held++
		case "broken":
			broken = append(broken, e.Text)
		}
	}
	exercised := 0
	for _, i := range v.Invariants {
		if i.Exercised > 0 {
			exercised++
		}
		if i.State == "broken" {
			broken = append(broken, "invariant "+i.Name)
		}
	}
	fired := 0
	for _, st := range v.Steps {
		if !st.Fired.IsZero() {
			fired++
		}
	}
	word, code := terminal.Good.Text("held"), ExitOK
	if err != nil {
		word, code = terminal.Bad.Text("broken"), exitCode(err)
	}
	var parts []string
	for _, p := range []struct {
		n, of int
		what  string
	}{{held, expected, "expectations held"}, {fired, len(v.Steps), "steps fired"}, {exercised, len(v.Invariants), "invariants exercised"}} {
		if p.of > 0 {
			parts = append(parts, fmt.Sprintf("%d of %d %s", p.n, p.of, p.what))
		}
	}
	line := "oakmoot: " + word + ": " + strings.Join(parts, ", ")
	if len(broken) > 0 {
		line += "; broken: " + printable(strings.Join(broken, "; "))
	}
	return fmt.Sprintf("%s (exit code %d)", line, code)
}

// writeFailovers says of each kind that elects how its leadership went, and what faults met that no step asked for. A
// run without faults and failovers has nothing to say.
func writeFailovers(w io.Writer, v cluster.Verdict) {
	for _, f := range v.Failovers {
		if f.Times > 0 || len(v.Faults) > 0 {
			fmt.Fprintf(w, "failovers\t%s\n", printable(report.FailoverLine(f)))
		}
	}
	for _, f := range v.Faults {
		if f.Step != 0 {
			continue
		}
		line := f.Do + ", at " + f.Since.Format("15:04:05.000")
		if met := report.TouchedLine(f.Nodes, f.Touched); met != "" {
			line += "; met " + met
		}
		fmt.Fprintf(w, "fault\t%s\n", printable(line))
	}
	if v.FaultsCut > 0 {
		fmt.Fprintf(w, "faults\t%d more were carried out than are remembered\n", v.FaultsCut)
	}
}

// writeInvariants tells of the invariants what became of them: a line for each that is
// broken or about which there is something to say, and a line for all others of a state.
func writeInvariants(w io.Writer, invariants []cluster.Invariant) {
	writeInvariantStates(w, invariants, func(i cluster.Invariant) bool { return i.Why != "" || len(i.Notes) > 0 })
}

// writeInvariantStates has a line for each invariant that is to be told whole, and a line
// for all others of a state.
func writeInvariantStates(w io.Writer, invariants []cluster.Invariant, whole func(cluster.Invariant) bool) {
	for _, state := range []string{"broken", "held", "not exercised", "not checked", "off"} {
		var names []string
		for _, i := range invariants {
			switch {
			case i.State != state:
			case whole(i):
				fmt.Fprint(w, row(verdictWord(state), "invariant "+printable(i.String())))
			case i.Exercised > 0:
				names = append(names, fmt.Sprintf("%s (%d)", i.Name, i.Exercised))
			default:
				names = append(names, i.Name)
			}
		}
		if len(names) > 0 {
			fmt.Fprint(w, row(verdictWord(state), "invariants "+strings.Join(names, ", ")))
		}
	}
}

func stepState(st cluster.StepState) string {
	switch {
	case st.Error != "":
		return "failed"
	case st.Fired.IsZero():
		return "not fired"
	}
	return "fired"
}

func stepLine(st cluster.StepState) string {
	line := st.Do
	if st.Name != "" {
		line = st.Name + ": " + line
	}
	if !st.Fired.IsZero() {
		line += ", at " + st.Fired.Format("15:04:05.000")
	}
	if st.Times > 1 {
		line += fmt.Sprintf(", %d times", st.Times)
	}
	if met := report.TouchedLine(st.Nodes, st.Touched); met != "" {
		line += "; met " + met
	}
	if st.Never != "" {
		line += ": " + st.Never
	}
	if st.Then != "" {
		line += ": then " + st.Then
	}
	if st.Error != "" {
		line += ": " + st.Error
	}
	return line
}

func intakeLine(entry cluster.Intake) string {
	line := entry.DataSource + " from " + entry.Source + ": "
	switch {
	case entry.Error != "":
		return line + entry.Error
	case entry.State == "done", entry.Read() > 0:
		return line + entry.String()
	case entry.Task == "" && entry.State == "running":
		return line + "no row has come" // a stream
	case entry.State == "running":
		return line + "its task " + entry.Task + " had not ended"
	}
	return line + entry.State
}

// jsonLine writes a line among the log lines of up --json.
func jsonLine(out io.Writer, level, message string, more map[string]any) {
	line := map[string]any{"@level": level, "@message": message, "@timestamp": time.Now().Format(time.RFC3339Nano)}
	for key, value := range more {
		line[key] = value
	}
	b, err := json.Marshal(line)
	if err != nil {
		panic("cli: a log line of our own: " + err.Error())
	}
	_, _ = out.Write(append(b, '\n')) // the reader has gone away
}
