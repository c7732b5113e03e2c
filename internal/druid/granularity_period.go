package druid

import (
	"slices"

	"oakmoot/internal/druid/chrono"
)

// periodGranularity is PeriodGranularity: a period, counted from an origin in a zone's
// local time.
type periodGranularity struct {
	period    Period
	at        *chrono.Zone // nil is UTC
	origin    int64
	hasOrigin bool
	steps     *steps // for a compound period, which has to be counted out
}

// periodOf returns the granularity of a period, which goes by the period's own name,
// counted from an origin or else from midnight of 1970.
func periodOf(p Period, origin *Timestamp, zone *chrono.Zone) Granularity {
	if zone == chrono.UTC {
		zone = nil
	}
	g := periodGranularity{period: p, at: zone}
	g.origin = g.zone().MidnightOf1970()
	if origin != nil {
		g.origin, g.hasOrigin = int64(*origin), true
	}
	if _, exact := p.of.Exact(); g.compound() && !(exact && g.zone().Fixed()) {
		g.steps = newSteps(g.zone(), p.of, g.origin)
	}
	return Granularity{kind: granularityPeriod, period: g}
}

func (g periodGranularity) zone() *chrono.Zone {
	if g.at == nil {
		return chrono.UTC
	}
	return g.at
}

// compound reports whether the period has several fields: isCompoundPeriod.
func (g periodGranularity) compound() bool {
	fields := 0
	for _, n := range g.period.of {
		if n > 0 {
			fields++
		}
	}
	return fields > 1
}

// single returns the only field of a period that is not compound.
func (g periodGranularity) single() (f chrono.Field, n int64) {
	for f, n := range g.period.of {
		if n > 0 {
			return chrono.Field(f), int64(n)
		}
	}
	return chrono.Millis, 0
}

func (g periodGranularity) standardName() string {
	if g.hasOrigin || g.at != nil {
		return ""
	}
	i := slices.IndexFunc(standard, func(s struct{ name, period string }) bool { return s.period == g.period.String() })
	if i < 0 || g.compound() {
		return ""
	}
	p, err := ParsePeriod(standard[i].period)
	if err != nil || p != g.period {
		return ""
	}
	return standard[i].name
}

// even is Granularity.Even.
func (g periodGranularity) even() bool {
	for _, n := range g.period.of {
		if n < 0 {
			return false
		}
	}
	f, n := g.single()
	return g.at == nil && !g.compound() && (f > chrono.Months || n == 1 && !g.hasOrigin || f == chrono.Months && !g.hasOrigin) && g.origin == 0
}

// truncate is PeriodGranularity.truncate. As there, hours counted from an origin never
// go back past it, except by the clock.
func (g periodGranularity) truncate(t int64) int64 {
	z := g.zone()
	if g.steps != nil {
		return g.steps.truncate(t)
	}
	if g.compound() {
		millis, _ := g.period.of.Exact()
		offset := t%millis - g.origin%millis
		if offset < 0 {
			offset += millis
		}
		return t - offset
	}
	f, n := g.single()
	switch {
	case n == 0:
		return t
	case n == 1 && (!g.hasOrigin || f == chrono.Millis):
		return z.Floor(f, t)
	}
	count := z.Between(f, t, g.origin)
	start := z.Add(f, g.origin, count-count%n)
	if f != chrono.Hours {
		if t < start {
			return z.Add(f, start, -n)
		}
		return start
	}
	switch {
	case t < start && g.origin > 0:
		return z.Add(f, start, -n)
	case t > start && g.origin < 0:
		return z.Floor(f, start)
	}
	return start
}
