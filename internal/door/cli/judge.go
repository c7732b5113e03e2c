package cli

import (
	"errors"
	"fmt"
	"time"

	"oakmoot/cluster"
	"oakmoot/internal/door/terminal"
	"oakmoot/internal/stage/invariant"
	"oakmoot/internal/stage/record"
	"oakmoot/internal/stage/scenario"
	"oakmoot/internal/stage/trace"
)

// judgeCommand judges a record.
type judgeCommand struct {
	Record string `arg:"" complete:"file" help:"File that \"oakmoot up --record\" wrote."`
	File   string `arg:"" optional:"" complete:"topology" help:"Topology file whose expectations the run is judged by."`
}

// errRecordBroken is the error for a record in which something was broken.
var errRecordBroken = errors.New("the recorded run is broken")

// Run says what became of each expectation and invariant in the recorded run, and what cannot be judged from a record.
func (c *judgeCommand) Run(s streams) error {
	rec, err := readRecord(c.Record)
	if err != nil {
		return err
	}
	var topo cluster.Topology
	if c.File != "" {
		if topo, err = loadTopology(c.File); err != nil {
			return err
		}
	}
	player, err := record.NewPlayer(rec)
	if err != nil {
		return &badInput{fmt.Errorf("%s: %w", c.Record, err)}
	}
	cases, err := casesOf(topo)
	if err != nil {
		return &badInput{err}
	}
	invariants := player.Watch(rec)
	player.Play(rec.Steps, func(at int) {
		for _, one := range cases {
			one.look(player, rec, rec.Steps[at])
		}
	})
	return c.tell(s, rec, player, cases, invariants.Results())
}

func (c *judgeCommand) tell(s streams, rec record.Record, player *record.Player, cases []*recordedCase, invariants []invariant.Result) error {
	w := terminal.NewGlossary(s.out)
	broken := false
	for _, one := range cases {
		state, why := one.verdict()
		broken = broken || state == "broken"
		line := one.word + " " + one.text
		if why != "" {
			line += ": " + why
		}
		fmt.Fprint(w, row(verdictWord(state), printable(line)))
	}
	var all []cluster.Invariant
	for _, r := range invariants {
		all = append(all, cluster.Invariant(r))
		broken = broken || r.State == invariant.Broken
	}
	writeInvariants(w, all)
	first, last := rec.Steps[0], rec.Steps[len(rec.Steps)-1]
	fmt.Fprint(w, cells("record", fmt.Sprintf("%d steps in %v", len(rec.Steps), last.Time.Sub(first.Time).Round(time.Millisecond))))
	if rec.Header == nil {
		fmt.Fprint(w, cells("note", "an older version wrote the record: whose session is whose is not in it, and what was done is guessed from the words"))
	}
	if player.Cut > 0 {
		fmt.Fprint(w, cells("note", fmt.Sprintf("%d contents of znodes are in the record only in part: what they say is not known", player.Cut)))
	}
	if err := w.Flush(); err != nil {
		return err
	}
	if broken {
		return errRecordBroken
	}
	return nil
}

// recordedCase is an expectation, as a record shows what became of it.
type recordedCase struct {
	word      string
	text      string
	condition scenario.Condition
	unseen    string // why a record cannot show it

	looked bool
	held   bool   // at some look, for eventually
	broken string // what was seen first, for always and never
}

// casesOf are the expectations of a topology.
func casesOf(topo cluster.Topology) (cases []*recordedCase, err error) {
	for _, e := range topo.Expects {
		if e.Asks() {
			cases = append(cases, &recordedCase{word: "eventually", text: "a query has its answer", unseen: record.NoBroker})
			continue
		}
		one := &recordedCase{word: "always"}
		text := e.Always
		switch {
		case e.Eventually != "":
			one.word, text = "eventually", e.Eventually
		case e.Never != "":
			one.word, text = "never", e.Never
		}
		if one.condition, err = scenario.ParseCondition(text); err != nil {
			return nil, err
		}
		one.unseen = record.Unseen(one.condition)
		one.text = text
		cases = append(cases, one)
	}
	return cases, nil
}

// look looks at the condition after a step. Before anybody leads or serves a run is not ready: always and never are
// judged from the first time that they hold.
func (c *recordedCase) look(p *record.Player, rec record.Record, s trace.Step) {
	if c.unseen != "" || c.broken != "" || c.word == "eventually" && c.held {
		return
	}
	holds, seen := c.condition.Eval(p.Now(rec, s.Time))
	good := holds != (c.word == "never")
	switch {
	case good:
		c.looked, c.held = true, true
	case c.looked && c.word != "eventually":
		c.broken = fmt.Sprintf("%s (after zxid 0x%x, at %s)", seen, s.Zxid, s.Time.Format("15:04:05.000"))
	case c.word == "eventually":
		c.looked = true
	}
}

func (c *recordedCase) verdict() (state, why string) {
	switch {
	case c.unseen != "":
		return "not judged", c.unseen
	case c.broken != "":
		return "broken", c.broken
	case c.held:
		return "held", ""
	}
	return "broken", "it held after no step"
}
