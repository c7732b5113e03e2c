package joda

// The elements of ISODateTimeFormat.
var (
	isoDate = oneOf(
		all(number(yearField, 9, true), optional(all(literal("-"), number(monthField, 2, false),
			optional(all(literal("-"), number(dayField, 2, false)))))),
		all(number(weekyearField, 9, true), literal("-W"), number(weekField, 2, false),
			optional(all(literal("-"), number(weekdayField, 1, false)))),
		all(number(yearField, 9, true), literal("-"), number(dayOfYearField, 3, false)),
	)
	point   = oneOf(literal("."), literal(","))
	isoTime = all(number(hourField, 2, false), oneOf(
		all(literal(":"), number(minuteField, 2, false), oneOf(
			all(literal(":"), number(secondField, 2, false), optional(all(point, fraction(fractionOfSecondField, second, 9)))),
			all(point, fraction(fractionOfMinuteField, minute, 9)),
			nil)),
		all(point, fraction(fractionOfHourField, hour, 9)),
		nil))
)

// ISO is ISODateTimeFormat.dateTimeParser: a date, which may be cut short, with or
// without a time and an offset, or a time alone after a T.
var ISO = Format{oneOf(
	all(literal("T"), isoTime, optional(offset)),
	all(isoDate, optional(all(literal("T"), optional(isoTime), optional(offset)))),
)}

// Auto is Druid's variant of it for times that people write: a date and, after a T or a
// blank, a time: TimestampParser.createAutoParser.
var Auto = Format{all(isoDate, optional(all(oneOf(literal("T"), literal(" ")), optional(isoTime), optional(offset))))}
