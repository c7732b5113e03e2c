package topology

import (
	"fmt"
	"time"

	"oakmoot/internal/stage/scenario"
)

// Duration is a duration with a unit, such as "30s"; a bare number is an error,
// which is why it is a struct.
type Duration struct {
	time.Duration
	Set bool // distinguishes "0s" from absent
}

// UnmarshalText reads Go's notation for durations.
func (d *Duration) UnmarshalText(text []byte) error {
	span, err := scenario.ParseSpan(string(text))
	if err != nil || span.Sessions > 0 {
		return fmt.Errorf("%q is not a duration with a unit, such as \"30s\"", text)
	}
	d.Duration, d.Set = span.Duration, true
	return nil
}

// Span is a duration, or a multiple of the session timeout ("1.5x session_timeout").
type Span struct {
	Duration time.Duration
	Sessions float64 // multiple of the session timeout; 0 when Duration counts
	Set      bool    // distinguishes "0s" from absent
}

// UnmarshalText reads either form.
func (s *Span) UnmarshalText(text []byte) error {
	span, err := scenario.ParseSpan(string(text))
	*s = Span(span)
	return err
}

// Zero reports whether the span is no time at all.
func (s Span) Zero() bool { return scenario.Span(s).Zero() }

// In is the span's length under the given session timeout.
func (s Span) In(sessionTimeout time.Duration) time.Duration {
	return scenario.Span(s).In(sessionTimeout)
}

func (s Span) String() string { return scenario.Span(s).String() }

// Size is a number of bytes with a unit, such as "64MiB".
type Size struct {
	Bytes int64
	Set   bool
}

// UnmarshalText reads a whole or decimal number followed by a unit.
func (s *Size) UnmarshalText(text []byte) error {
	bytes, err := scenario.ParseSize(string(text))
	if err != nil {
		return err
	}
	s.Bytes, s.Set = bytes, true
	return nil
}
