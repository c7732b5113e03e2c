package expression

import (
	"errors"
	"time"

	"oakmoot/internal/druid"
	"oakmoot/internal/druid/joda"
)

// rounded is TimestampFloorExprMacro and, when it is not down, TimestampCeilExprMacro,
// which gives the end of the bucket also of its first instant.
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

// ofArgument2 is ofArgument for what needs other columns too.
func ofArgument2(arg node, f func(Value, Binding) (Value, error)) node {
	return evaluated(func(row Binding) (Value, error) {
		v, err := arg.eval(row)
		if err != nil {
			return Value{}, err
		}
		return f(v, row)
	})
}

// onceIfLiteral computes at once what depends on literals only, and else each time.
func onceIfLiteral[T any](args []node, compute func(Binding) (T, error)) (each func(Binding) (T, error), static bool, err error) {
	if !allLiterals(args...) {
		return compute, false, nil
	}
	once, err := compute(noRow)
	return func(Binding) (T, error) { return once, nil }, true, err
}

// periodGranularity is ExprUtils.toPeriodGranularity over the arguments behind the
// first: a period, an origin, a zone.
func periodGranularity(args []node, row Binding) (druid.Granularity, error) {
	var values [4]Value
	for i, arg := range args {
		if i == 0 {
			continue
		}
		var err error
		if values[i], err = arg.eval(row); err != nil {
			return druid.Granularity{}, err
		}
	}
	period, err := readPeriod(values[1])
	if err != nil {
		return druid.Granularity{}, err
	}
	zone := time.UTC
	if name := values[3].text(); name != "" {
		zone = joda.InferZone(name)
	}
	var origin *druid.Timestamp
	if !values[2].IsNull() {
		at, err := instant(values[2], zone)
		if err != nil {
			return druid.Granularity{}, err
		}
		origin = &at
	}
	return granularityOf(period, zone, origin)
}

func granularityOf(period druid.Period, zone *time.Location, origin *druid.Timestamp) (g druid.Granularity, err error) {
	written, err := druid.Marshal(map[string]any{
		"type": "period", "period": period.String(), "timeZone": zone.String(), "origin": origin,
	})
	if err == nil {
		err = g.UnmarshalJSON(written)
	}
	return g, err
}

func readPeriod(v Value) (druid.Period, error) {
	if v.IsNull() {
		return druid.Period{}, errZeroPeriod
	}
	period, err := druid.ParsePeriod(v.text())
	if err == nil && period.IsZero() {
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
		return ofLong(int64(s.of(druid.Timestamp(v.long())))), err
	}), err
}

// shifter adds a period some times.
type shifter struct {
	period druid.Period
	steps  int
	zone   *time.Location
}

func newShifter(args []node, row Binding) (shifter, error) {
	var values [4]Value
	for i, arg := range args {
		if i == 0 {
			continue
		}
		var err error
		if values[i], err = arg.eval(row); err != nil {
			return shifter{}, err
		}
	}
	s := shifter{steps: values[2].int(), zone: time.UTC}
	if name := values[3].text(); name != "" {
		s.zone = joda.InferZone(name)
	}
	var err error
	s.period, err = readPeriod(values[1])
	return s, err
}

// of is BaseChronology.add: one field after the other, the largest first, on the
// clocks of the zone; what is shorter than a day has a fixed length.
func (s shifter) of(t druid.Timestamp) druid.Timestamp {
	at := t.Time().In(s.zone)
	for _, months := range []int{12 * s.period.Years, s.period.Months} {
		if months == 0 {
			continue
		}
		first := time.Date(at.Year(), at.Month()+time.Month(months*s.steps), 1, 0, 0, 0, 0, time.UTC)
		last := first.AddDate(0, 1, -1).Day()
		at = time.Date(first.Year(), first.Month(), min(at.Day(), last), at.Hour(), at.Minute(), at.Second(), at.Nanosecond(), s.zone)
	}
	at = at.AddDate(0, 0, s.steps*(7*s.period.Weeks+s.period.Days))
	return druid.At(at) + druid.Timestamp(s.steps)*druid.Timestamp(s.period.Time.Milliseconds())
}
