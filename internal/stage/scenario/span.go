package scenario

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Span is a length of time: a duration with a unit, or a multiple of the session
// timeout, written "1.5x session_timeout".
type Span struct {
	Duration time.Duration
	Sessions float64 // multiple of the session timeout; 0 when Duration counts
	Set      bool    // distinguishes "0s" from absent
}

const sessionSuffix = "x session_timeout"

// mostSessions bounds a multiple of the session timeout.
const mostSessions = 1e6

// ParseSpan reads either form; a bare number is an error.
func ParseSpan(text string) (Span, error) {
	if factor, ok := strings.CutSuffix(text, sessionSuffix); ok {
		f, err := strconv.ParseFloat(strings.TrimSpace(factor), 64)
		if err != nil || !(f > 0 && f <= mostSessions) {
			return Span{}, fmt.Errorf("%q is not a multiple of the session timeout", text)
		}
		return Span{Sessions: f, Set: true}, nil
	}
	if factor, unit, multiple := strings.Cut(text, "x "); multiple {
		if near := Nearest(unit, []string{"session_timeout"}); near != "" {
			return Span{}, fmt.Errorf("%q is not a length of time; did you mean \"%sx %s\"?", text, factor, near)
		}
	}
	d, err := time.ParseDuration(text)
	if err != nil || d == 0 && strings.Trim(text, "0") == "" {
		return Span{}, fmt.Errorf("%q is not a duration with a unit, such as \"30s\" or \"1.5x session_timeout\"", text)
	}
	if d < 0 {
		return Span{}, fmt.Errorf("%q is negative", text)
	}
	return Span{Duration: d, Set: true}, nil
}

// UnmarshalText is ParseSpan.
func (s *Span) UnmarshalText(text []byte) (err error) {
	*s, err = ParseSpan(string(text))
	return err
}

// Zero reports whether the span is no time at all.
func (s Span) Zero() bool { return s.Duration == 0 && s.Sessions == 0 }

// In is the span's length under the given session timeout.
func (s Span) In(sessionTimeout time.Duration) time.Duration {
	if s.Sessions > 0 {
		return time.Duration(s.Sessions * float64(sessionTimeout))
	}
	return s.Duration
}

func (s Span) String() string {
	if s.Sessions > 0 {
		return strconv.FormatFloat(s.Sessions, 'g', -1, 64) + sessionSuffix
	}
	return s.Duration.String()
}
