package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"oakmoot/control"
	"oakmoot/internal/stage/explain"
	"oakmoot/internal/stage/record"
	"oakmoot/internal/stage/scenario"
)

// explainCommand prints the causes of what a record shows, or a run that goes on.
type explainCommand struct {
	Record string `arg:"" complete:"file" help:"File that \"oakmoot up --record\" wrote; with --control it is left out."`
	Event  string `arg:"" optional:"" help:"An event, such as 'leader:coordinator changed', or a condition that came to hold, such as 'leaders(coordinator) == 0'."`
	Nth    int    `help:"Which time that it happened, from 1; by default the last of an event, the first of a condition." placeholder:"N"`

	Control string `help:"Explain what has happened so far in the cluster at this control address." placeholder:"HOST:PORT"`
	Token   string `help:"Token of a control address that is not loopback." env:"OAKMOOT_TOKEN"`
}

// Run prints the chain of causes, backwards.
func (c *explainCommand) Run(ctx context.Context, s streams) error {
	rec, err := c.read(ctx, s)
	if err != nil {
		return err
	}
	trigger, err := scenario.ParseTrigger(c.Event)
	if err != nil {
		return &badInput{err}
	}
	found, err := explain.Find(rec, trigger)
	if err != nil {
		return &badInput{err}
	}
	places, nth := found.Places, c.Nth
	if nth == 0 && found.First {
		nth = 1
	} else if nth == 0 {
		nth = len(places)
	}
	switch {
	case len(places) == 0:
		return fmt.Errorf("%s: %s", c.Record, never(trigger, found))
	case nth < 0 || nth > len(places):
		return &badInput{fmt.Errorf("--nth %d: %s happened %d times", c.Nth, trigger, len(places))}
	}
	if found.Note != "" {
		fmt.Fprintf(s.out, "note: %s\n", found.Note)
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

// read reads the record, or that of the cluster so far.
func (c *explainCommand) read(ctx context.Context, s streams) (rec record.Record, err error) {
	switch {
	case c.Control == "" && c.Event == "":
		return rec, &badInput{errors.New("an event or a condition is missing after the record, or --control before it")}
	case c.Control == "":
		return readRecord(c.Record)
	case c.Event != "":
		return rec, &badInput{fmt.Errorf("with --control there is no record: %q is one argument too many", c.Event)}
	}
	c.Event, c.Record = c.Record, c.Control
	client := control.Client{Address: c.Control, Token: c.Token}
	return answered(remote{Control: c.Control}, s, func() (record.Record, error) {
		from, err := client.Record(ctx)
		if err != nil {
			return rec, err
		}
		defer from.Close()
		return record.Read(from, c.Control)
	})
}

// never says that an event did not happen, or that a condition did not come to hold.
func never(t scenario.Trigger, found explain.Found) string {
	switch {
	case t.Source.Name != "":
		if found.Note != "" {
			return fmt.Sprintf("there was no %s (%s)", t, found.Note)
		}
		return fmt.Sprintf("there was no %s", t)
	case found.Note != "":
		return fmt.Sprintf("%s never came to hold: %s", t, found.Note)
	}
	return fmt.Sprintf("%s never came to hold", t)
}

// readRecord reads a file that up --record wrote.
func readRecord(file string) (record.Record, error) {
	f, err := os.Open(file)
	if err != nil {
		return record.Record{}, &badInput{err}
	}
	defer f.Close()
	rec, err := record.Read(f, file)
	return rec, wrongRecord(err)
}

// wrongRecord marks the errors of a file that is no record.
func wrongRecord(err error) error {
	var mistake *record.Mistake
	var path *fs.PathError
	if errors.As(err, &mistake) || errors.As(err, &path) {
		return &badInput{err}
	}
	return err
}
