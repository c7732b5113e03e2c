package record

import (
	"oakmoot/internal/stage/observe"
	"oakmoot/internal/stage/scenario"
)

// NoBroker is why a record cannot show what a query is answered with.
const NoBroker = "a record does not say what a broker answers"

// Unseen is why a record cannot show whether a condition holds; "" when it can.
func Unseen(c scenario.Condition) string {
	reads := c.Reads()
	switch {
	case reads&scenario.FromStore != 0:
		return "a record does not say what the metadata store holds"
	case reads&scenario.FromBroker != 0:
		return NoBroker
	case c.Calls("faults"), c.Calls("done"):
		return "a record does not count faults and steps"
	}
	return ""
}

// Comes are the places of the steps with which a condition came to hold that did not hold
// before, and whether it held from the beginning. Of a transaction it is the last of those
// steps that the condition reads.
func Comes(rec Record, c scenario.Condition) (places []int, before bool, err error) {
	p, err := NewPlayer(rec)
	if err != nil || len(rec.Steps) == 0 {
		return nil, false, err
	}
	begin := p.Now(rec, rec.Steps[0].Time)
	attention := observe.NewAttention(c, begin)
	before, _ = c.Eval(begin)
	held, next := before, 0
	p.Play(rec.Steps, func(at int) {
		from := next
		next = at + 1
		was := held
		if held, _ = c.Eval(p.Now(rec, rec.Steps[at].Time)); !held || was {
			return
		}
		for i := at; i >= from; i-- {
			if IsChange(rec.Steps[i]) && attention.Reads(rec.Steps[i].Path, p.Model) {
				at = i
				break
			}
		}
		places = append(places, at)
	})
	return places, before, nil
}
