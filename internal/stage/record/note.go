package record

import (
	"fmt"
	"strconv"

	"oakmoot/internal/stage/observe"
	"oakmoot/internal/stage/trace"
)

// Note is what has come of a part of the play by a moment: of a step of the topology, or of an expectation. It is no
// step of the run.
type Note struct {
	Key   string // the list of a status that it is in
	Index int    // its place in that list
	Value string // it, as JSON
}

// Placed is a note with its place in a record.
type Placed struct {
	Note
	After int // how many of the record's steps came before it
}

// notes is the verb of a line with a note.
const notes = "notes"

// Step is the note as a line of a record has it.
func (n Note) Step() trace.Step {
	return trace.Step{Protocol: observe.Header, Verb: notes, Subject: n.Key, Detail: strconv.Itoa(n.Index), Payload: n.Value}
}

// noteOf reads a note from its line.
func noteOf(s trace.Step) (n Note, err error) {
	n = Note{Key: s.Subject, Value: s.Payload}
	if n.Index, err = strconv.Atoi(s.Detail); err != nil || n.Index < 0 || n.Index >= notesLimit {
		return n, fmt.Errorf("%q is not the place of a step or an expectation", s.Detail)
	}
	return n, nil
}

// notesLimit bounds the places of notes.
const notesLimit = 100_000
