package realtime

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"time"

	"oakmoot/internal/druid"
	"oakmoot/internal/rows/ingest"
	"oakmoot/internal/run/clock"
	"oakmoot/internal/run/node"
)

// generator makes up rows: with the current time, a few values for each dimension, and
// numbers below a hundred for the metrics' fields. It is not one of Druid's firehoses.
type generator struct {
	Rate float64 `json:"rate"` // rows a second
	Seed uint64  `json:"seed"`

	clock        *clock.Clock
	dims, fields []string
	parser       *ingest.Parser // for the transformSpec
}

// generatedValues is how many values a generated dimension has.
const generatedValues = 10

func newGenerator(raw json.RawMessage, d *department, env node.Env) (firehose, error) {
	g := &generator{clock: env.Clock}
	if err := json.Unmarshal(raw, g); err != nil {
		return nil, err
	}
	if g.Rate <= 0 {
		return nil, errors.New("it needs a rate above zero")
	}
	if g.Seed == 0 {
		h := fnv.New64a()
		h.Write([]byte(d.schema.DataSource))
		g.Seed = h.Sum64()
	}
	if g.dims = d.schema.DimensionNames(); len(g.dims) == 0 {
		g.dims = []string{"dim"}
	}
	for _, a := range d.schema.Aggregators {
		if a.FieldName != "" {
			g.fields = append(g.fields, a.FieldName)
		}
	}
	var err error
	g.parser, err = d.schema.NewParser()
	return g, err
}

func (g *generator) run(ctx context.Context, _ position, out chan<- batch) error {
	random := rand.New(rand.NewPCG(g.Seed, uint64(g.clock.Now().UnixNano())))
	started := g.clock.Steady()
	for n := 0; ; {
		n++
		due := started.Add(time.Duration(float64(n) / g.Rate * float64(time.Second)))
		if err := g.clock.Sleep(ctx, due.Sub(g.clock.Steady())); err != nil {
			return err
		}
		var b batch
		b.add(g.parser.Transform(g.row(random)))
		select {
		case out <- b:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func (g *generator) row(random *rand.Rand) ingest.Row {
	r := ingest.Row{Time: druid.At(g.clock.Now()), Dimensions: g.dims, Event: make(map[string]any, len(g.dims)+len(g.fields))}
	for _, d := range g.dims {
		r.Event[d] = fmt.Sprintf("%s-%d", d, random.IntN(generatedValues))
	}
	for _, f := range g.fields {
		r.Event[f] = int64(random.IntN(100))
	}
	return r
}
