package report

import (
	"bytes"
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"time"
)

//go:embed page.html
var pageText string

var pageTemplate = template.Must(template.New("report").Parse(pageText))

// pageLimit bounds the page: CI servers show no larger ones, and browsers are slow with them.
const pageLimit = 1 << 20

// stepsDrawn is how many steps a page begins with; it has fewer if it would be too large.
const stepsDrawn = 4000

func writeHTML(w io.Writer, r Report) error {
	var b bytes.Buffer
	for limit := stepsDrawn; ; limit /= 2 {
		b.Reset()
		if err := pageTemplate.Execute(&b, draw(r, limit)); err != nil {
			return fmt.Errorf("html: %w", err)
		}
		if b.Len() < pageLimit || limit == 0 {
			break
		}
	}
	_, err := w.Write(b.Bytes())
	return err
}

// page is what the page shows.
type page struct {
	Report
	Good      bool
	Checks    []Check
	Facts     []string
	Failovers []string
	Faults    []faultRow
	Drawing   drawing
	Causes    []causeRow
	Meanwhile []string // faults that had begun and not ended when the first check broke
	Steps     []stepRow
	Note      string // what was cut
}

type faultRow struct{ Do, Nodes, Since, Lasted, Touched string }

type causeRow struct{ After, Text, Why string }

type stepRow struct {
	After, Node, Protocol, Text string
	First                       bool // the first broken check was seen after it
}

func draw(r Report, limit int) page {
	steps := newScript(r)
	p := page{
		Report: r, Good: r.Outcome == Held, Checks: r.Checks(), Drawing: steps.draw(limit),
		Facts: []string{fmt.Sprintf("seed %d", r.Run.Seed), "Druid " + r.Run.Druid, "oakmoot " + r.Version},
	}
	if !r.Run.Ended.IsZero() {
		p.Facts = append(p.Facts, "began "+r.Run.Began.Format(time.DateTime), fmt.Sprintf("took %.1f s", r.Run.Ended.Sub(r.Run.Began).Seconds()))
	}
	for _, f := range r.Verdict.Failovers {
		p.Failovers = append(p.Failovers, FailoverLine(f))
	}
	for _, f := range r.Verdict.Faults {
		p.Faults = append(p.Faults, r.faultRow(f))
	}
	p.Causes, p.Meanwhile = steps.causes()
	p.Steps = steps.rows(limit)
	p.Note = steps.note(limit)
	return p
}
