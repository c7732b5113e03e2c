package cluster

import (
	"context"
	"encoding/json"

	"github.com/hashicorp/go-hclog"

	"oakmoot/internal/stage/playbook"
	"oakmoot/internal/stage/record"
)

// Keys of a status of which there are notes.
const (
	keySteps   = "steps"
	keyExpects = "expectations"
)

// chronicle notes what comes of the topology's steps and expectations while the run goes on, for the record and for
// those who look back.
type chronicle struct {
	told   *told
	log    hclog.Logger
	damage *damage
	life   context.Context // of the run: what its end brings about belongs to the verdict, not to the past; nil before it begins
}

// step notes what has become of a step.
func (c *chronicle) step(i int, st playbook.State) {
	state := stepState(st)
	state.Nodes = c.damage.metBy(i + 1)
	c.note(keySteps, i, state)
}

// expectation notes what has become of an expectation.
func (c *chronicle) expectation(i int, e Expectation) { c.note(keyExpects, i, e) }

func (c *chronicle) note(key string, i int, value any) {
	if c.life != nil && c.life.Err() != nil {
		return
	}
	text, err := json.Marshal(value)
	if err != nil {
		c.log.Warn("not noted for the past", "what", key, "error", err)
		return
	}
	c.told.note(record.Note{Key: key, Index: i, Value: string(text)})
}

// begin notes how all of it begins.
func (c *chronicle) begin(life context.Context, steps *playbook.Playbook, judge *judge) {
	for i, st := range steps.States() {
		c.step(i, st)
	}
	for i, e := range judge.list() {
		c.expectation(i, e)
	}
	c.life = life
}

// noted are the values under a key as they were noted.
func noted[T any](values []string) (list []T, err error) {
	list = make([]T, len(values))
	for i, text := range values {
		if err := json.Unmarshal([]byte(text), &list[i]); err != nil {
			return nil, err
		}
	}
	return list, nil
}
