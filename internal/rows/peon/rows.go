package peon

import (
	"context"
	"errors"
	"io"

	"oakmoot/internal/druid"
	"oakmoot/internal/rows/ingest"
)

// rows reads the whole input and counts each row by its outcome, which use returns. A
// row that cannot be parsed, or that use reports as partly bad, is counted, kept for
// the report and logged as the spec says; too many of them end the task.
func (x *indexing) rows(ctx context.Context, use func(ingest.Row) (outcome, error)) error {
	parser, err := x.schema.NewParser()
	if err != nil {
		return err
	}
	_, given, err := x.spec.DataSchema.GranularitySpec.BucketIntervals()
	if err != nil {
		return err
	}
	limited := given || x.progress.in(buildSegments) // to eternity, unless intervals are still being looked for
	return connect(x.peon.Disk, x.spec.IOConfig.Firehose, func(r io.Reader) error {
		return parser.Read(ctx, r, func(row ingest.Row, err error) error {
			became := unparseable
			switch {
			case errors.Is(err, ingest.ErrHeader), errors.Is(err, ingest.ErrFiltered):
				became, err = thrownAway, nil
			case err == nil && limited && !druid.Eternity.Holds(row.Time):
				err = &ingest.ParseError{Reason: "Encountered row with timestamp that cannot be represented as a long: [" + row.String() + "]"}
			case err == nil:
				became, err = use(row)
			}
			return x.count(became, err)
		})
	})
}

// count records a row's outcome. An error that is not about parsing ends the task.
func (x *indexing) count(became outcome, err error) error {
	if err == nil {
		x.progress.row(became, "")
		return nil
	}
	var bad *ingest.ParseError
	if !errors.As(err, &bad) {
		return err
	}
	tuning := x.spec.TuningConfig
	if tuning.LogParseExceptions {
		x.peon.Log.Error("encountered parse exception", "error", bad, "cause", bad.Err)
	}
	if x.progress.row(became, bad.Reason) <= int64(tuning.MaxParseExceptions) {
		return nil
	}
	tooMany := &exception{class: runtimeException, msg: "Max parse exceptions exceeded, terminating task...", at: whileDetermining}
	if x.progress.in(buildSegments) {
		tooMany.at, tooMany.cause = whileBuilding, bad
	}
	return tooMany
}
