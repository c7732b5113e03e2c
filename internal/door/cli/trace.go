package cli

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"time"

	"oakmoot/cluster"
	"oakmoot/control"
	"oakmoot/internal/stage/observe"
	"oakmoot/internal/stage/trace"
)

// traceCommand shows protocol steps.
type traceCommand struct {
	remote
	From int64 `help:"Zxid to start from; 0 is all that is remembered."`
	JSON bool  `help:"Print one JSON object per line."`
	Wide bool  `help:"Print whole identifiers and whole lines."`
	All  bool  `help:"Also show all sessions, not only those that expire, and the creation of directories."`

	Diagram string        `help:"Draw the steps as a sequence diagram into this HTML file instead, when the command ends." placeholder:"F.html"`
	For     time.Duration `help:"End after this long; 0 goes on until interrupted, or with --diagram for a second."`
}

// diagramFor is how long a diagram collects steps unless --for says otherwise: the remembered ones come at once.
const diagramFor = time.Second

// Run prints or draws steps until ctx ends.
func (c *traceCommand) Run(ctx context.Context, s streams) error {
	lasts := c.For
	if lasts == 0 && c.Diagram != "" {
		lasts = diagramFor
	}
	if lasts > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, lasts)
		defer cancel()
	}
	if c.Diagram != "" {
		return c.draw(ctx, s)
	}
	enc := json.NewEncoder(s.out)
	enc.SetEscapeHTML(false)
	shorten := idsFor(s.out, c.Wide)
	return c.follow(ctx, s, func(step cluster.TraceStep) error {
		s.err.Note("")
		if c.JSON {
			return enc.Encode(step)
		}
		if !c.All && !step.Expired && (step.Protocol == cluster.ProtocolLayout || step.Protocol == cluster.ProtocolSession) {
			return nil
		}
		_, err := fmt.Fprintln(s.out, fitting(s.out, c.Wide, shorten(traceLine(step))))
		return err
	})
}

// follow calls each for every step, and says so when the cluster does not answer.
func (c *traceCommand) follow(ctx context.Context, s streams, each func(cluster.TraceStep) error) error {
	client := c.client()
	err := follow(ctx, c.remote, s,
		func(ctx context.Context) error { _, err := client.Span(ctx); return err },
		func(ctx context.Context) error { return client.Trace(ctx, c.From, each) })
	if errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("%w at %s: did not answer while --for lasted", control.ErrNoAnswer, c.Control)
	}
	return err
}

// diagramLimit is how many steps a diagram takes; browsers are slow with more.
const diagramLimit = 50_000

var errDiagramFull = errors.New("diagram is full")

// draw collects steps until ctx ends and writes the page.
func (c *traceCommand) draw(ctx context.Context, s streams) error {
	f, err := openDiagram(c.Diagram)
	if err != nil {
		return err
	}
	defer f.discard()
	var steps []trace.Step
	err = c.follow(ctx, s, func(step cluster.TraceStep) error {
		if steps = append(steps, drawn(step)); len(steps) == diagramLimit {
			return errDiagramFull
		}
		return nil
	})
	if err != nil && !errors.Is(err, errDiagramFull) {
		return err
	}
	var page bytes.Buffer
	if err := cmp.Or(trace.Diagram(&page, steps), f.write(page.Bytes())); err != nil {
		return fmt.Errorf("%s: %w", c.Diagram, err)
	}
	_, err = fmt.Fprintf(s.out, "%d steps drawn into %s\n", len(steps), c.Diagram)
	return err
}

// diagramFile is where a diagram will be written. It is opened first, so that nobody collects steps for nothing, and
// what stands in it is kept until there is a diagram.
type diagramFile struct {
	file  *os.File
	fresh bool
}

func openDiagram(path string) (*diagramFile, error) {
	_, missing := os.Stat(path)
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE, 0o644)
	if err != nil {
		return nil, &badInput{fmt.Errorf("--diagram: %w", err)}
	}
	return &diagramFile{f, missing != nil}, nil
}

func (d *diagramFile) write(page []byte) error {
	d.fresh = false
	_ = d.file.Truncate(0) // a pipe has no length
	_, err := d.file.Write(page)
	return cmp.Or(err, d.file.Close())
}

// discard leaves no empty file behind.
func (d *diagramFile) discard() {
	_ = d.file.Close()
	if d.fresh {
		_ = os.Remove(d.file.Name())
	}
}

// drawn is a step as the diagram takes it.
func drawn(s cluster.TraceStep) trace.Step {
	return trace.Step{
		Zxid: s.Zxid, Time: s.Time, Node: s.Node, Protocol: trace.Protocol(s.Protocol), Verb: s.Verb,
		Subject: s.Subject, Peer: s.Peer, Detail: s.Detail, Path: s.Path, Payload: s.Payload,
		Op: observe.Op(s.Op), Session: s.Session, Owner: s.Owner, Lapsed: s.Lapsed, Expired: s.Expired,
	}
}

func traceLine(t cluster.TraceStep) string { return printable(t.String()) }
