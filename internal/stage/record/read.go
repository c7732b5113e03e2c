package record

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"oakmoot/internal/stage/observe"
	"oakmoot/internal/stage/trace"
)

// Record is a run as it was recorded.
type Record struct {
	Name   string // of the topology; empty in a record of an older version
	Header *Header
	Steps  []trace.Step
	Notes  []Placed
}

// begin is when the first step was taken.
func (r Record) begin() time.Time {
	if len(r.Steps) == 0 {
		return time.Time{}
	}
	return r.Steps[0].Time
}

// Limits of what is read.
const (
	LineLimit  = 16 << 20
	StepsLimit = 1_000_000
)

// Mistake is something in a file that is no record, with its place.
type Mistake struct {
	File    string
	Line    int
	Message string
	Cut     bool // it is only that the last line lacks its end: what has been read before is the record so far
}

func (m *Mistake) Error() string {
	if m.Line == 0 {
		return m.File + ": " + m.Message
	}
	return fmt.Sprintf("%s:%d: %s", m.File, m.Line, m.Message)
}

// Read reads a record; file names it in mistakes.
func Read(r io.Reader, file string) (rec Record, err error) {
	lines := bufio.NewReaderSize(r, 64<<10)
	for n := 1; ; n++ {
		wrong := func(format string, args ...any) (Record, error) {
			return rec, &Mistake{File: file, Line: n, Message: fmt.Sprintf(format, args...)}
		}
		line, whole, err := readLine(lines)
		switch {
		case errors.Is(err, io.EOF) && len(line) == 0:
			if len(rec.Steps) == 0 {
				return rec, &Mistake{File: file, Message: "there is no protocol step in it"}
			}
			return rec, nil
		case errors.Is(err, errLong):
			return wrong("the line is longer than %d MiB", LineLimit>>20)
		case err != nil && !errors.Is(err, io.EOF):
			return rec, fmt.Errorf("%s: %w", file, err)
		case len(bytes.TrimSpace(line)) == 0:
			continue
		}
		var step trace.Step
		if err := json.Unmarshal(line, &step); err != nil {
			if !whole {
				return rec, &Mistake{File: file, Line: n, Message: "the line is cut off: the run that wrote it was killed, or the file is not whole", Cut: len(rec.Steps) > 0}
			}
			return wrong("no protocol step as \"up --record\" writes them: %v", err)
		}
		if step.Protocol == "" || step.Verb == "" {
			return wrong("no protocol step as \"up --record\" writes them: it has no protocol and verb")
		}
		if step.Protocol == observe.Header && step.Verb == notes {
			note, err := noteOf(step)
			if err != nil {
				return wrong("no note as \"up --record\" writes them: %v", err)
			}
			rec.Notes = append(rec.Notes, Placed{note, len(rec.Steps)})
			continue
		}
		if step.Protocol == observe.Header {
			rec.Name, rec.Header = step.Subject, &Header{}
			if err := json.Unmarshal([]byte(step.Payload), rec.Header); err != nil {
				return wrong("the run is not described as \"up --record\" does: %v", err)
			}
			continue
		}
		if rec.Steps = append(rec.Steps, step); len(rec.Steps) > StepsLimit {
			return wrong("there are more than %d steps", StepsLimit)
		}
	}
}

var errLong = errors.New("line too long")

// readLine reads a line of limited length, and reports whether its end was there.
func readLine(r *bufio.Reader) (line []byte, whole bool, err error) {
	for {
		part, err := r.ReadSlice('\n')
		if line = append(line, part...); len(line) > LineLimit {
			return nil, false, errLong
		}
		if !errors.Is(err, bufio.ErrBufferFull) {
			return line, err == nil, err
		}
	}
}
