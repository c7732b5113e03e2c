package chrono

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// Period counts each field: Period of Joda.
type Period [8]int32

// Plus returns the instant n periods after t: BaseChronology.add.
func (z *Zone) Plus(t int64, p Period, n int64) int64 {
	for f, count := range p {
		t = z.Add(Field(f), t, int64(count)*n)
	}
	return t
}

// Exact returns the period's length in milliseconds with days of 24 hours; not ok when
// it has years or months.
func (p Period) Exact() (millis int64, ok bool) {
	for f := Weeks; f <= Millis; f++ {
		millis += int64(p[f]) * lengths[f]
	}
	return millis, p[Years] == 0 && p[Months] == 0
}

var (
	ofDate = []byte("YMWD")
	ofTime = []byte("HMS")
)

// ParsePeriod reads an ISO period, ignoring case: ISOPeriodFormat.standard.
func ParsePeriod(text string) (Period, error) {
	var p Period
	if text == "" || text[0] != 'P' && text[0] != 'p' {
		return p, malformed(text, 0)
	}
	at, err := p.read(text, 1, ofDate, Years)
	if err == nil && at < len(text) && (text[at] == 'T' || text[at] == 't') {
		begun := at + 1
		at, err = p.read(text, begun, ofTime, Hours)
		if err == nil && at == begun && at == len(text) {
			return p, malformed(text, at)
		}
	}
	if err != nil {
		return p, err
	}
	if at < len(text) {
		return p, malformed(text, at)
	}
	return p, nil
}

// read reads fields from a position on, each at most once and in order, and returns
// where they end.
func (p *Period) read(text string, at int, units []byte, first Field) (int, error) {
	for i, unit := range units {
		end := at
		if end < len(text) && (text[end] == '-' || text[end] == '+') {
			end++
		}
		digits := end
		for end < len(text) && (text[end] >= '0' && text[end] <= '9' || unit == 'S' && (text[end] == '.' || text[end] == ',')) {
			end++
		}
		if end == len(text) || end == digits || text[end]&^0x20 != unit {
			continue
		}
		number := text[at:end]
		whole, fraction, split := strings.Cut(strings.ReplaceAll(number, ",", "."), ".")
		if strings.ContainsAny(fraction, ".") || len(strings.TrimLeft(whole, "+-")) > 10 {
			return at, malformed(text, at)
		}
		if strings.Trim(whole, "+-") == "" {
			whole += "0"
		}
		n, err := strconv.ParseInt(whole, 10, 64)
		if err != nil || n > math.MaxInt32 || n < math.MinInt32 {
			return at, fmt.Errorf("For input string: %q", number)
		}
		p[first+Field(i)] = int32(n)
		if split {
			millis, _ := strconv.Atoi((fraction + "000")[:3])
			if text[at] == '-' {
				millis = -millis
			}
			p[Millis] = int32(millis)
		}
		at = end + 1
	}
	return at, nil
}

// malformed is FormatUtils.createErrorMessage.
func malformed(text string, at int) error {
	sample := text
	if n := at + 32; len(text) > n+3 {
		sample = text[:n] + "..."
	}
	switch {
	case at <= 0:
		return fmt.Errorf("Invalid format: \"%s\"", sample)
	case at >= len(text):
		return fmt.Errorf("Invalid format: \"%s\" is too short", sample)
	}
	return fmt.Errorf("Invalid format: \"%s\" is malformed at \"%s\"", sample, sample[at:])
}

// String is the period as Joda writes it.
func (p Period) String() string {
	var b strings.Builder
	b.WriteByte('P')
	for i, unit := range ofDate {
		if n := p[i]; n != 0 {
			fmt.Fprintf(&b, "%d%c", n, unit)
		}
	}
	millis := int64(p[Seconds])*second + int64(p[Millis])
	if p[Hours] != 0 || p[Minutes] != 0 || millis != 0 {
		b.WriteByte('T')
	}
	for i, unit := range ofTime[:2] {
		if n := p[Hours+Field(i)]; n != 0 {
			fmt.Fprintf(&b, "%d%c", n, unit)
		}
	}
	switch {
	case millis%second != 0:
		sign := ""
		if millis < 0 {
			sign, millis = "-", -millis
		}
		fmt.Fprintf(&b, "%s%d.%03dS", sign, millis/second, millis%second)
	case millis != 0:
		fmt.Fprintf(&b, "%dS", millis/second)
	}
	if b.Len() == 1 {
		return "PT0S"
	}
	return b.String()
}

// OfMillis splits a length into hours, minutes, seconds and milliseconds.
func OfMillis(millis int64) Period {
	return Period{
		Hours: int32(millis / hour), Minutes: int32(millis % hour / minute),
		Seconds: int32(millis % minute / second), Millis: int32(millis % second),
	}
}
