package chrono

import (
	"bytes"
	"compress/gzip"
	_ "embed"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"
	"sync"
)

// zoneData has a line for each zone of Joda-Time 2.9.9, "ID OFFSET CHANGE… | RULE", an
// alias as "ID=ID", and names that only Java knows likewise ("ID=!" when Joda has no
// such zone). A change is the milliseconds since the previous one and, after a colon,
// its offset in seconds.
//
//go:embed zones.gz
var zoneData []byte

var lines = sync.OnceValue(func() map[string]string {
	all := make(map[string]string)
	r, err := gzip.NewReader(bytes.NewReader(zoneData))
	if err != nil {
		panic("chrono: zones.gz: " + err.Error())
	}
	text, err := io.ReadAll(r)
	if err != nil {
		panic("chrono: zones.gz: " + err.Error())
	}
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSuffix(line, "\n")
		if id, alias, ok := strings.Cut(line, "="); ok {
			all[id] = "=" + alias
			continue
		}
		id, rest, _ := strings.Cut(line, " ")
		all[id] = rest
	}
	return all
})

var found sync.Map // from an ID to its *Zone

// FindZone returns the zone with a name, as DateTimes.inferTzFromString finds it:
// Joda's, a fixed offset, or what one of Java's old names stands for. As there, a name
// unknown to both is UTC.
func FindZone(name string) (*Zone, error) {
	if z, ok := found.Load(name); ok {
		return z.(*Zone), nil
	}
	line, ok := lines()[name]
	switch {
	case name == "UTC":
		return UTC, nil
	case !ok:
		return fixed(name), nil
	case line == "=!":
		return nil, fmt.Errorf("The datetime zone id '%s' is not recognised", name)
	case line[0] == '=':
		return FindZone(line[1:])
	}
	z := readZone(name, line)
	found.Store(name, z)
	return z, nil
}

var (
	isoOffset  = regexp.MustCompile(`^([+-])(\d\d)(?::?([0-5]\d)(?::?([0-5]\d)(?:[.,]?(\d{1,3}))?)?)?$`)
	javaOffset = regexp.MustCompile(`^GMT([+-])(\d{1,2})(?::?([0-5]\d))?()()$`)
)

// fixed returns the zone of an offset such as +05:30 or GMT-3, or UTC.
func fixed(name string) *Zone {
	m := isoOffset.FindStringSubmatch(name)
	if m == nil {
		m = javaOffset.FindStringSubmatch(name)
	}
	if m == nil {
		return UTC
	}
	number := func(digits string) int64 {
		n, _ := strconv.ParseInt(digits, 10, 64) // digits or nothing, because the expressions matched
		return n
	}
	offset := number(m[2])*hour + number(m[3])*minute + number(m[4])*second + number((m[5] + "000")[:3])
	if offset == 0 || number(m[2]) > 23 {
		return UTC
	}
	if m[1] == "-" {
		offset = -offset
	}
	return &Zone{id: offsetText(offset, "UTC"), first: offset}
}

func readZone(id, line string) *Zone {
	number := func(s string) int64 {
		n, err := strconv.ParseInt(s, 10, 64)
		if err != nil {
			panic("chrono: zone " + id + ": " + err.Error())
		}
		return n
	}
	changes, rule, ruled := strings.Cut(line, " | ")
	words := strings.Fields(changes)
	z := &Zone{id: id, first: number(words[0]) * second}
	at := int64(0)
	for _, w := range words[1:] {
		since, offset, _ := strings.Cut(w, ":")
		at += number(since)
		z.changes = append(z.changes, transition{at, number(offset) * second})
	}
	if ruled {
		words := strings.Fields(rule)
		z.extend(number(words[0])*second, readRecurrence(words[1], number), readRecurrence(words[2], number))
	}
	return z
}
