package peon

import (
	"math"
	"time"
)

// meter counts events and keeps the exponentially weighted rates of Dropwizard's Meter:
// events per second over 1, 5 and 15 minutes.
type meter struct {
	count     int64
	uncounted int64 // since the last tick
	rates     [3]float64
	ticked    time.Time // zero before the first tick
	primed    bool      // a tick has set the rates
}

const meterTick = 5 * time.Second

var meterWindows = [3]time.Duration{time.Minute, 5 * time.Minute, 15 * time.Minute}

func (m *meter) mark(now time.Time) {
	m.tick(now)
	m.count++
	m.uncounted++
}

// tick brings the rates up to date, with one step for every whole tick that has passed.
func (m *meter) tick(now time.Time) {
	if m.ticked.IsZero() {
		m.ticked = now
	}
	for now.Sub(m.ticked) >= meterTick {
		m.ticked = m.ticked.Add(meterTick)
		instant := float64(m.uncounted) / meterTick.Seconds()
		m.uncounted = 0
		for i, window := range meterWindows {
			if !m.primed {
				m.rates[i] = instant
				continue
			}
			alpha := 1 - math.Exp(-meterTick.Seconds()/window.Seconds())
			m.rates[i] += alpha * (instant - m.rates[i])
		}
		m.primed = true
	}
}

// rowMeters count what became of the rows of one phase: RowIngestionMeters.
type rowMeters struct{ processed, processedWithError, unparseable, thrownAway meter }

// rowTotals is RowIngestionMetersTotals.
type rowTotals struct {
	Processed          int64 `json:"processed"`
	ProcessedWithError int64 `json:"processedWithError"`
	ThrownAway         int64 `json:"thrownAway"`
	Unparseable        int64 `json:"unparseable"`
}

func (m *rowMeters) totals() rowTotals {
	return rowTotals{m.processed.count, m.processedWithError.count, m.thrownAway.count, m.unparseable.count}
}

// rowRates are the moving averages over one window.
type rowRates struct {
	Processed          float64 `json:"processed"`
	Unparseable        float64 `json:"unparseable"`
	ThrownAway         float64 `json:"thrownAway"`
	ProcessedWithError float64 `json:"processedWithError"`
}

// movingAverages are the rates of all windows, in the order of Java's map.
type movingAverages struct {
	FiveMinutes    rowRates `json:"5m"`
	FifteenMinutes rowRates `json:"15m"`
	OneMinute      rowRates `json:"1m"`
}

func (m *rowMeters) averages(now time.Time) movingAverages {
	for _, one := range []*meter{&m.processed, &m.unparseable, &m.thrownAway, &m.processedWithError} {
		one.tick(now)
	}
	over := func(i int) rowRates {
		return rowRates{m.processed.rates[i], m.unparseable.rates[i], m.thrownAway.rates[i], m.processedWithError.rates[i]}
	}
	return movingAverages{OneMinute: over(0), FiveMinutes: over(1), FifteenMinutes: over(2)}
}
