package joda

import (
	_ "embed"
	"strings"
	"sync"
	"time"
	_ "time/tzdata" // a machine may have no time zone database
)

// offset reads an offset from UTC, or Z: TimeZoneOffset. Hours may be followed by
// minutes, seconds and milliseconds, with or without colons.
func offset(b *bucket, text string, at int) int {
	if end := literal("Z")(b, text, at); end >= 0 {
		b.setOffset(0)
		return end
	}
	if at+1 >= len(text) || text[at] != '-' && text[at] != '+' {
		return ^at
	}
	sign := int64(1)
	if text[at] == '-' {
		sign = -1
	}
	millis, end := offsetParts(text, at+1)
	if end >= 0 {
		b.setOffset(sign * millis)
	}
	return end
}

func offsetParts(text string, at int) (millis int64, end int) {
	hours, at := twoDigitNumber(text, at, 23)
	if at < 0 || at == len(text) {
		return hours * hour, at
	}
	millis = hours * hour
	colons := text[at] == ':'
	if !colons && !digit(text, at) {
		return millis, at
	}
	for _, unit := range []int64{minute, second} {
		if colons && (at == len(text) || text[at] != ':') {
			return millis, at
		}
		if colons {
			at++
		} else if !digit(text, at) {
			return millis, at
		}
		var n int64
		if n, at = twoDigitNumber(text, at, 59); at < 0 {
			return 0, at
		}
		millis += n * unit
		if at == len(text) {
			return millis, at
		}
	}
	return offsetFraction(text, at, millis, colons)
}

// offsetFraction reads up to three decimals of a second.
func offsetFraction(text string, at int, millis int64, colons bool) (int64, int) {
	if colons {
		if text[at] != '.' && text[at] != ',' {
			return millis, at
		}
		at++
	}
	if !digit(text, at) {
		if colons {
			return 0, ^at
		}
		return millis, at
	}
	for unit := int64(100); unit > 0 && digit(text, at); unit /= 10 {
		millis += int64(text[at]-'0') * unit
		at++
	}
	return millis, at
}

func twoDigitNumber(text string, at int, most int64) (int64, int) {
	if !digit(text, at) || !digit(text, at+1) {
		return 0, ^at
	}
	n := int64(text[at]-'0')*10 + int64(text[at+1]-'0')
	if n > most {
		return 0, ^at
	}
	return n, at + 2
}

// shortNames are the zones that Joda knows by short names, each of which stands for a
// place and its clocks, in summer too: DateTimeUtils.getDefaultTimeZoneNames.
var shortNames = map[string]string{
	"UT": "UTC", "UTC": "UTC", "GMT": "UTC",
	"EST": "America/New_York", "EDT": "America/New_York",
	"CST": "America/Chicago", "CDT": "America/Chicago",
	"MST": "America/Denver", "MDT": "America/Denver",
	"PST": "America/Los_Angeles", "PDT": "America/Los_Angeles",
}

func shortName(b *bucket, text string, at int) int {
	longest := ""
	for name := range shortNames {
		if len(name) > len(longest) && strings.HasPrefix(text[at:], name) {
			longest = name
		}
	}
	if longest == "" {
		return ^at
	}
	return at + b.setZone(shortNames[longest], len(longest), ^at-at)
}

// setZone returns used, or failed for a zone that Go does not know.
func (b *bucket) setZone(id string, used, failed int) int {
	zone, err := time.LoadLocation(id)
	if err != nil {
		return failed
	}
	b.zone = zone
	return used
}

// The zones that both Joda 2.9.9 and Java know, those that only Joda knows, and those
// that only Java knows.
var (
	//go:embed zones.txt
	zoneList  string
	onlyJoda  = []string{"Canada/East-Saskatchewan", "GMT+0", "GMT-0", "ROC", "US/Pacific-New"}
	onlyJava  = "ACT AET AGT ART AST BET BST CAT CNT CST CTT EAT ECT IET IST JST MIT NET NST PLT PNT PRT PST SST VST"
	zoneNames = sync.OnceValue(func() zoneSet {
		set := zoneSet{ids: make(map[string][]string), named: make(map[string]bool)}
		for id := range strings.FieldsSeq(zoneList) {
			set.named[id] = true
			set.add(id)
		}
		for _, id := range onlyJoda {
			set.add(id)
		}
		for id := range strings.FieldsSeq(onlyJava) {
			set.named[id] = true
		}
		return set
	})
)

// zoneSet holds Joda's zones for a pattern, and those that may follow a time.
type zoneSet struct {
	ids           map[string][]string // by area, slash and the first letter after it; areas alone under ""
	longestPrefix int
	named         map[string]bool
}

func (z *zoneSet) add(id string) {
	slash := strings.IndexByte(id, '/')
	if slash < 0 {
		z.ids[""] = append(z.ids[""], id)
		return
	}
	z.longestPrefix = max(z.longestPrefix, slash+1)
	z.ids[id[:slash+2]] = append(z.ids[id[:slash+2]], id[slash+1:])
}

// zoneID reads the name of a zone: TimeZoneId.
func zoneID(b *bucket, text string, at int) int {
	zones := zoneNames()
	prefix, key := "", ""
	window := text[at:min(len(text), at+zones.longestPrefix)]
	if slash := strings.IndexByte(window, '/'); slash >= 0 {
		prefix = window[:slash+1]
		key = text[at:min(len(text), at+slash+2)]
	}
	best := ""
	for _, name := range zones.ids[key] {
		if len(name) > len(best) && strings.HasPrefix(text[at+len(prefix):], name) {
			best = name
		}
	}
	if best == "" {
		return ^at
	}
	return at + b.setZone(prefix+best, len(prefix)+len(best), ^at-at)
}

// IsZone reports whether Druid takes a word after a time for the name of a zone:
// ParserUtils.getDateTimeZone.
func IsZone(name string) bool { return zoneNames().named[name] }
