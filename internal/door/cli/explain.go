package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"os"

	"oakmoot/internal/stage/explain"
	"oakmoot/internal/stage/record"
	"oakmoot/internal/stage/scenario"
)

// explainCommand prints the causes of what a record shows.
type explainCommand struct {
	Record string `arg:"" help:"File that \"oakmoot up --record\" wrote."`
	Event  string `arg:"" help:"For example 'leader:coordinator changed'."`
	Nth    int    `help:"Which time that it happened: 1 is the first, 0 the last." placeholder:"N"`
}

// Run prints the chain of causes, backwards.
func (c *explainCommand) Run(s streams) error {
	rec, err := readRecord(c.Record)
	if err != nil {
		return err
	}
	trigger, err := scenario.ParseTrigger(c.Event)
	if err != nil {
		return &badInput{err}
	}
	places, err := explain.Find(rec.Steps, trigger)
	if err != nil {
		return &badInput{err}
	}
	nth := c.Nth
	if nth == 0 {
		nth = len(places)
	}
	switch {
	case len(places) == 0:
		return fmt.Errorf("%s: there was no %s", c.Record, trigger)
	case nth < 0 || nth > len(places):
		return &badInput{fmt.Errorf("--nth %d: %s happened %d times", c.Nth, trigger, len(places))}
	}
	fmt.Fprintf(s.out, "%s, %d of %d:\n", printable(trigger.String()), nth, len(places))
	for _, link := range explain.Chain(rec.Steps, places[nth-1]) {
		fmt.Fprintf(s.out, "  %s  %s\n", link.Step.Time.Format("15:04:05.000"), printable(link.String()))
		if link.Why != "" {
			fmt.Fprintf(s.out, "    because %s:\n", link.Why)
		}
	}
	return nil
}

// readRecord reads a file that up --record wrote.
func readRecord(file string) (record.Record, error) {
	f, err := os.Open(file)
	if err != nil {
		return record.Record{}, &badInput{err}
	}
	defer f.Close()
	rec, err := record.Read(f, file)
	var mistake *record.Mistake
	var path *fs.PathError
	if errors.As(err, &mistake) || errors.As(err, &path) {
		err = &badInput{err}
	}
	return rec, err
}
