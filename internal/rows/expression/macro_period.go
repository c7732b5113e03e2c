package expression

import (
	"cmp"
	"errors"

	"oakmoot/internal/druid"
	"oakmoot/internal/druid/chrono"
	"oakmoot/internal/druid/joda"
)

// rounded is TimestampFloorExprMacro or, when it is not down, TimestampCeilExprMacro,
// which returns the end of a bucket even for the bucket's first instant.
func rounded(down bool) macro {
	return func(name string, args []node) (node, error) {
		if err := countArgs(name, args, 2, 4, "2 to 4"); err != nil {
			return nil, err
		}
		granularity, static, err := onceIfLiteral(args[1:], func(row Binding) (druid.Granularity, error) {
			return periodGranularity(args, row)
		})
		return ofArgument2(args[0], func(v Value, row Binding) (Value, error) {
			if v.numeric() == nil && static {
				return Value{}, nil
			}
			g, err := granularity(row)
			if err != nil {
				return Value{}, err
			}
			bucket := g.Bucket(druid.Timestamp(v.long()))
			if down {
				return ofLong(int64(bucket.Start)), nil
			}
			return ofLong(int64(bucket.End)), nil
		}), err
	}
}

// ofArgument2 is ofArgument for nodes that need other columns too.
func ofArgument2(arg node, f func(Value, Binding) (Value, error)) node {
	return evaluated(func(row Binding) (Value, error) {
		v, err := arg.eval(row)
		if err != nil {
			return Value{}, err
		}
		return f(v, row)
	})
}

// onceIfLiteral computes what depends only on literals just once, and anything else
// each time.
func onceIfLiteral[T any](args []node, compute func(Binding) (T, error)) (each func(Binding) (T, error), static bool, err error) {
	if !allLiterals(args...) {
		return compute, false, nil
	}
	once, err := compute(noRow)
	return func(Binding) (T, error) { return once, nil }, true, err
}

// periodGranularity is ExprUtils.toPeriodGranularity on the arguments after the first:
// a period, an origin, a zone.
func periodGranularity(args []node, row Binding) (druid.Granularity, error) {
	var values [4]Value
	for i := 1; i < len(args); i++ {
		var err error
		if values[i], err = args[i].eval(row); err != nil {
			return druid.Granularity{}, err
		}
	}
	period, err := readPeriod(values[1])
	if err != nil {
		return druid.Granularity{}, err
	}
	zoneName := cmp.Or(values[3].text(), "UTC")
	var origin *druid.Timestamp
	if !values[2].IsNull() {
		at, err := instant(values[2], joda.InferZone(zoneName))
		if err != nil {
			return druid.Granularity{}, err
		}
		origin = &at
	}
	return granularityOf(period, zoneName, origin)
}

func granularityOf(period chrono.Period, zone string, origin *druid.Timestamp) (g druid.Granularity, err error) {
	written, err := druid.Marshal(map[string]any{
		"type": "period", "period": period.String(), "timeZone": zone, "origin": origin,
	})
	if err == nil {
		err = g.UnmarshalJSON(written)
	}
	return g, err
}

func readPeriod(v Value) (chrono.Period, error) {
	if v.IsNull() {
		return chrono.Period{}, errZeroPeriod
	}
	period, err := chrono.ParsePeriod(v.text())
	if err == nil && period == (chrono.Period{}) {
		err = errZeroPeriod
	}
	return period, err
}

var errZeroPeriod = errors.New("zero period is not acceptable in QueryGranularity!")

// timestampShift is TimestampShiftExprMacro.
func timestampShift(name string, args []node) (node, error) {
	if err := countArgs(name, args, 3, 4, "3 to 4"); err != nil {
		return nil, err
	}
	shift, _, err := onceIfLiteral(args[1:], func(row Binding) (shifter, error) { return newShifter(args, row) })
	return ofArgument2(args[0], func(v Value, row Binding) (Value, error) {
		s, err := shift(row)
		if err != nil {
			return Value{}, err
		}
		return ofLong(s.of(v.long())), nil
	}), err
}

// shifter adds a period a number of times, in the local time of a zone:
// BaseChronology.add.
type shifter struct {
	period chrono.Period
	steps  int64
	zone   *chrono.Zone
}

func (s shifter) of(t int64) int64 { return s.zone.Plus(t, s.period, s.steps) }

func newShifter(args []node, row Binding) (s shifter, err error) {
	var values [4]Value
	for i := 1; i < len(args); i++ {
		if values[i], err = args[i].eval(row); err != nil {
			return shifter{}, err
		}
	}
	s.steps = int64(values[2].int())
	if s.zone, err = chrono.FindZone(cmp.Or(values[3].text(), "UTC")); err != nil {
		return shifter{}, err
	}
	s.period, err = readPeriod(values[1])
	return s, err
}
