package gate

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"oakmoot/internal/druid"
	"oakmoot/internal/druid/jackson"
)

type (
	class   = jackson.Class
	poly    = jackson.Poly
	object  = jackson.Object
	value   = jackson.Value
	props   = map[string]jackson.Type
	types   = map[string]jackson.Type
	reading = jackson.Type
)

const pkg = "org.apache.druid."

// What JodaStuff and PeriodGranularity make of a text.
var (
	interval = jackson.Text(func(text string) error {
		if _, err := druid.ParseInterval(text); err != nil {
			return intervalError(text, err)
		}
		return nil
	})
	period = jackson.Text(func(text string) error {
		if isNumber(text) { // milliseconds
			return nil
		}
		if _, err := druid.ParsePeriod(text); err != nil {
			return invalidFormat(text)
		}
		return nil
	})
	instant = jackson.Text(func(text string) error {
		if _, err := druid.ParseTimestamp(text); err != nil && !isNumber(text) {
			return instantError(text)
		}
		return nil
	})
)

// intervalError is Joda's message for a text that is no interval.
func intervalError(text string, err error) error {
	start, end, ok := strings.Cut(text, "/")
	if !ok {
		return err
	}
	for _, part := range []string{start, end} {
		if strings.HasPrefix(part, "P") {
			if _, err := druid.ParsePeriod(part); err != nil {
				return invalidFormat(part)
			}
			continue
		}
		if _, err := druid.ParseTimestamp(part); err != nil {
			return instantError(part)
		}
	}
	return err
}

// fieldsOfTime are the fields of a time as Joda names them, and their ranges.
var fieldsOfTime = []struct {
	name     string
	low, top int
}{{"monthOfYear", 1, 12}, {"dayOfMonth", 1, 31}, {"hourOfDay", 0, 23}, {"minuteOfHour", 0, 59}, {"secondOfMinute", 0, 59}}

var timeShape = regexp.MustCompile(`^[-+]?(\d+)-(\d+)(?:-(\d+)(?:T(\d+)(?::(\d+)(?::(\d+))?)?)?)?`)

// instantError is Joda's message for a text that is no time.
func instantError(text string) error {
	m := timeShape.FindStringSubmatch(text)
	if m == nil {
		return invalidFormat(text)
	}
	year, _ := strconv.Atoi(m[1]) // digits, because the expression matched, as are the others
	month, _ := strconv.Atoi(m[2])
	for i, f := range fieldsOfTime {
		n, err := strconv.Atoi(m[i+2])
		if f.name == "dayOfMonth" && month >= 1 && month <= 12 {
			f.top = time.Date(year, time.Month(month)+1, 0, 0, 0, 0, 0, time.UTC).Day()
		}
		if err == nil && (n < f.low || n > f.top) {
			return fmt.Errorf("Cannot parse %q: Value %d for %s must be in the range [%d,%d]", text, n, f.name, f.low, f.top)
		}
	}
	return invalidFormat(text)
}

func invalidFormat(text string) error { return fmt.Errorf("Invalid format: %q", text) }

func isNumber(text string) bool {
	for _, r := range text {
		if r < '0' || r > '9' {
			return false
		}
	}
	return text != ""
}

// granularity is Granularity.fromString, or one of its subclasses.
func granularity(v value) *jackson.Refusal {
	const base = pkg + "java.util.common.granularity."
	if v.Token == "VALUE_STRING" {
		if _, err := druid.ParseGranularity(v.Text); err != nil {
			why := strings.TrimPrefix(err.Error(), "Instantiation of [simple type, class "+base+"Granularity] value failed: ")
			return (&class{Name: base + "Granularity", Check: refuses(why)}).Read(value{Token: "START_OBJECT"})
		}
		return nil
	}
	if v.Token != "START_OBJECT" {
		return (&class{Name: base + "Granularity"}).Read(v)
	}
	return (&poly{
		Base: base + "Granularity",
		Types: types{
			"all":  jackson.Any,
			"none": jackson.Any,
			"period": (&class{
				Name:  base + "PeriodGranularity",
				Props: props{"period": period, "origin": instant, "timeZone": jackson.Any},
				Check: func(o object) string {
					if !o.Given("period") {
						return "period can't be null!"
					}
					if p, err := druid.ParsePeriod(o["period"].Text); err == nil && p.IsZero() {
						return "zero period is not acceptable in QueryGranularity!"
					}
					return ""
				},
			}).Read,
			"duration": (&class{
				Name:  base + "DurationGranularity",
				Props: props{"duration": jackson.Long, "origin": instant},
				Check: func(o object) string {
					return when(number(o, "duration", 0) <= 0, "duration should be greater than 0!")
				},
			}).Read,
		},
		Default: func(value) *jackson.Refusal {
			return &jackson.Refusal{Message: "Can not instantiate abstract type [simple type, class " + base + "Granularity] (need to add/enable type information?)"}
		},
	}).Read(v)
}
