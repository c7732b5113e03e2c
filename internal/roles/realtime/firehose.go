package realtime

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"oakmoot/internal/rows/ingest"
	"oakmoot/internal/run/node"
)

// firehose is where the rows of a stream come from.
type firehose interface {
	// run sends rows until the stream has ended, which is not an error, or ctx has.
	run(ctx context.Context, from position, out chan<- batch) error
}

// batch is rows that arrived together.
type batch struct {
	rows        []ingest.Row
	unparseable int
	thrownAway  int       // by the transformSpec's filter
	at          *position // after the rows; only for a firehose that can resume
}

// add puts a row into the batch, or counts why there is none.
func (b *batch) add(row ingest.Row, err error) {
	switch {
	case err == nil:
		b.rows = append(b.rows, row)
	case errors.Is(err, ingest.ErrFiltered):
		b.thrownAway++
	default:
		b.unparseable++
	}
}

func (b *batch) empty() bool { return len(b.rows) == 0 && b.unparseable == 0 && b.thrownAway == 0 }

// position is how far a firehose has been read. It is kept with what was persisted, so
// that a restart neither loses nor repeats a row.
type position struct {
	Records     int64 `json:"records"`
	ShiftMillis int64 `json:"shiftMillis"` // added to each row's time
	Shifted     bool  `json:"shifted"`     // whether ShiftMillis has been decided
}

// firehoses are the types of a spec's firehose.
var firehoses = map[string]func(raw json.RawMessage, d *department, env node.Env) (firehose, error){
	"replay":    newReplay,
	"receiver":  newReceiver,
	"generator": newGenerator,
}

func parseFirehose(d *department, env node.Env) (firehose, error) {
	var spec struct {
		Type string `json:"type"`
	}
	if err := json.Unmarshal(d.firehose, &spec); err != nil {
		return nil, fmt.Errorf("firehose: %w", err)
	}
	make, ok := firehoses[spec.Type]
	if !ok {
		return nil, fmt.Errorf("firehose of type %q is not known; known are generator, receiver, replay", spec.Type)
	}
	f, err := make(d.firehose, d, env)
	if err != nil {
		return nil, fmt.Errorf("firehose %s: %w", spec.Type, err)
	}
	return f, nil
}
