package joda

import (
	"regexp"
	"strconv"
	"strings"
	"time"
)

// ISODateOptionalTime is ISODateTimeFormat.dateOptionalTimeParser.
var ISODateOptionalTime = Format{all(isoDate, optional(all(literal("T"), optional(isoTime), optional(offset))))}

// ParseIn is Parse for texts whose times are those of clocks in a zone, unless they
// say another: DateTimeFormatter.withZone.
func (f Format) ParseIn(text string, zone *time.Location) (int64, error) {
	if f.read == nil {
		return f.Parse(text)
	}
	return Format{all(func(b *bucket, _ string, at int) int {
		b.zone = zone
		return at
	}, f.read)}.Parse(text)
}

// InferZone is DateTimes.inferTzFromString: a zone of the database, an offset, one
// of Java's old three letters; and what is none of these is UTC.
func InferZone(name string) *time.Location {
	if loc, err := time.LoadLocation(name); err == nil && name != "Local" && name != "" {
		return loc
	}
	if loc, ok := fixedZone(strings.TrimPrefix(name, "GMT")); ok {
		return loc
	}
	if loc, err := time.LoadLocation(oldZones[name]); err == nil {
		return loc
	}
	return time.UTC
}

var offsetForm = regexp.MustCompile(`^([+-])(\d{1,2})(?::?(\d\d))?$`)

func fixedZone(s string) (*time.Location, bool) {
	m := offsetForm.FindStringSubmatch(s)
	if m == nil {
		return nil, false
	}
	hours, _ := strconv.Atoi(m[2])   // digits, by the expression
	minutes, _ := strconv.Atoi(m[3]) // or nothing
	if hours > 23 || minutes > 59 {
		return nil, false
	}
	at := time.Unix(0, 0)
	seconds := (hours*60 + minutes) * 60
	if m[1] == "-" {
		seconds = -seconds
	}
	return time.FixedZone(at.In(time.FixedZone("", seconds)).Format("-07:00"), seconds), true
}

// oldZones are the three-letter names that java.util.TimeZone still knows and that
// are not in the database.
var oldZones = map[string]string{
	"ACT": "Australia/Darwin", "AET": "Australia/Sydney", "AGT": "America/Argentina/Buenos_Aires", "ART": "Africa/Cairo",
	"AST": "America/Anchorage", "BET": "America/Sao_Paulo", "BST": "Asia/Dhaka", "CAT": "Africa/Harare",
	"CNT": "America/St_Johns", "CST": "America/Chicago", "CTT": "Asia/Shanghai", "EAT": "Africa/Addis_Ababa",
	"ECT": "Europe/Paris", "IET": "America/Indiana/Indianapolis", "IST": "Asia/Kolkata", "JST": "Asia/Tokyo",
	"MIT": "Pacific/Apia", "NET": "Asia/Yerevan", "NST": "Pacific/Auckland", "PLT": "Asia/Karachi",
	"PNT": "America/Phoenix", "PRT": "America/Puerto_Rico", "PST": "America/Los_Angeles", "SST": "Pacific/Guadalcanal",
	"VST": "Asia/Ho_Chi_Minh",
}
