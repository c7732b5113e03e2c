package peon

import (
	"context"
	"errors"
	"io"

	"oakmoot/internal/ingest"
)

// rows reads the whole input and counts what use says became of each row. A row
// that cannot be parsed, or that use reports as partly bad, is counted, kept for
// the report and logged as the spec asks; too many of them end the task.
func (x *indexing) rows(ctx context.Context, use func(ingest.Row) (outcome, error)) error {
	parser, err := x.schema.NewParser()
	if err != nil {
		return &exception{illegalArgument, err.Error(), err}
	}
	return connect(x.spec.IOConfig.Firehose, func(r io.Reader) error {
		return parser.Read(ctx, r, func(row ingest.Row, err error) error {
			became := unparseable
			if err == nil {
				became, err = use(row)
			}
			return x.count(became, err)
		})
	})
}

// count notes what became of a row. An error that is not about parsing ends the
// task.
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
		x.job.Log.Error("encountered parse exception", "error", bad)
	}
	if x.progress.row(became, bad.Error()) > int64(tuning.MaxParseExceptions) {
		return &exception{runtimeException, "Max parse exceptions exceeded, terminating task...", bad}
	}
	return nil
}
