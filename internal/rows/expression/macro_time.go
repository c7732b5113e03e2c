package expression

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"oakmoot/internal/druid"
	"oakmoot/internal/druid/joda"
)

// timestampExtract is TimestampExtractExprMacro.
func timestampExtract(name string, args []node) (node, error) {
	if err := countArgs(name, args, 2, 3, "2 to 3"); err != nil {
		return nil, err
	}
	unitName, isLiteral, err := literalText(args[1])
	if !isLiteral || unitName == "" {
		return nil, fmt.Errorf("Function[%s] unit arg must be literal", name)
	}
	unit := timeUnits[strings.ToUpper(unitName)]
	if err == nil && unit == nil {
		err = fmt.Errorf("No enum constant org.apache.druid.query.expression.TimestampExtractExprMacro.Unit.%s", strings.ToUpper(unitName))
	}
	if err != nil {
		return nil, err
	}
	zone, isLiteral, err := literalZone(optional(args, 2))
	if !isLiteral {
		return nil, fmt.Errorf("Function[%s] timezone arg must be literal", name)
	}
	return ofArgument(args[0], func(v Value) (Value, error) {
		if v.IsNull() {
			return Value{}, nil
		}
		at, err := instant(v, zone)
		if err != nil {
			return Value{}, err
		}
		return ofLong(unit(at.Time().In(zone))), nil
	}), err
}

// timeUnits are the fields of a time that can be extracted.
var timeUnits = map[string]func(time.Time) int64{
	"EPOCH":   func(t time.Time) int64 { return t.UnixMilli() / 1000 },
	"SECOND":  func(t time.Time) int64 { return int64(t.Second()) },
	"MINUTE":  func(t time.Time) int64 { return int64(t.Minute()) },
	"HOUR":    func(t time.Time) int64 { return int64(t.Hour()) },
	"DAY":     func(t time.Time) int64 { return int64(t.Day()) },
	"DOW":     func(t time.Time) int64 { return int64(t.Weekday()+6)%7 + 1 },
	"DOY":     func(t time.Time) int64 { return int64(t.YearDay()) },
	"WEEK":    func(t time.Time) int64 { _, week := t.ISOWeek(); return int64(week) },
	"MONTH":   func(t time.Time) int64 { return int64(t.Month()) },
	"QUARTER": func(t time.Time) int64 { return int64(t.Month()-1)/3 + 1 },
	"YEAR":    func(t time.Time) int64 { return int64(t.Year()) },
}

// instant is new DateTime(Object): milliseconds, or a string in ISO format.
func instant(v Value, zone *time.Location) (druid.Timestamp, error) {
	switch x := v.v.(type) {
	case int64:
		return druid.Timestamp(x), nil
	case string:
		millis, err := joda.ISO.ParseIn(x, zone)
		return druid.Timestamp(millis), err
	}
	return 0, errors.New("No instant converter found for type: java.lang.Double")
}

// literalZone is a literal that names a zone; null is UTC.
func literalZone(n node) (zone *time.Location, isLiteral bool, err error) {
	name, isLiteral, err := literalText(n)
	if name == "" {
		return time.UTC, isLiteral, err
	}
	return joda.InferZone(name), isLiteral, err
}

// timestampFormat is TimestampFormatExprMacro; without a pattern it uses ISO format, in
// UTC whatever the zone.
func timestampFormat(name string, args []node) (node, error) {
	if err := countArgs(name, args, 1, 3, "1 to 3"); err != nil {
		return nil, err
	}
	pattern, isLiteral, err := literalText(optional(args, 1))
	switch {
	case !isLiteral:
		return nil, fmt.Errorf("Function[%s] format arg must be a literal", name)
	case err != nil:
		return nil, err
	}
	zone, isLiteral, err := literalZone(optional(args, 2))
	switch {
	case !isLiteral:
		return nil, errors.New("Time zone must be a literal")
	case err != nil:
		return nil, err
	case pattern == "":
		pattern, zone = "yyyy-MM-dd'T'HH:mm:ss.SSS'Z'", time.UTC
	}
	printer, err := joda.NewPrinter(pattern)
	return ofArgument(args[0], func(v Value) (Value, error) {
		if v.numeric() == nil {
			return Value{}, nil
		}
		return ofString(printer.Print(v.long(), zone)), nil
	}), err
}

// timestampParse is TimestampParseExprMacro: null for a text that cannot be parsed.
func timestampParse(name string, args []node) (node, error) {
	if err := countArgs(name, args, 1, 3, "1 to 3"); err != nil {
		return nil, err
	}
	pattern, isLiteral, err := literalText(optional(args, 1))
	zone, isLiteralToo, errToo := literalZone(optional(args, 2))
	switch {
	case !isLiteral || !isLiteralToo:
		return nil, errors.New("Not a literal")
	case err != nil || errToo != nil:
		return nil, errors.Join(err, errToo)
	}
	format := joda.Auto
	if pattern != "" {
		if format, err = joda.Pattern(pattern); err != nil {
			return nil, err
		}
	}
	return ofArgument(args[0], func(v Value) (Value, error) {
		millis, err := format.ParseIn(v.text(), zone)
		if v.IsNull() || err != nil {
			return Value{}, nil
		}
		return ofLong(millis), nil
	}), nil
}

// timeFunctions are the functions of Function.java that read times.
var timeFunctions = map[string]function{
	"timestamp": several(1, 2, func(args []Value) (Value, error) {
		millis, err := fromText(args)
		return ofLong(millis), err
	}),
	"unix_timestamp": several(1, 2, func(args []Value) (Value, error) {
		millis, err := fromText(args)
		return ofLong(millis / 1000), err
	}),
}

// fromText is TimestampFromEpochFunc.
func fromText(args []Value) (int64, error) {
	if i := slices.IndexFunc(args, func(v Value) bool { return v.kind != String }); i >= 0 {
		return 0, fmt.Errorf("%s argument should be string type but got %s type", [...]string{"first", "second"}[i], args[i].kind)
	}
	format := joda.ISODateOptionalTime
	if len(args) > 1 {
		var err error
		if format, err = joda.Pattern(args[1].text()); err != nil {
			return 0, err
		}
	}
	millis, err := format.Parse(args[0].text())
	if err != nil {
		err = fmt.Errorf("invalid value %s", args[0].text())
	}
	return millis, err
}
