package query

import (
	"encoding/json"
	"errors"
	"fmt"

	"oakmoot/internal/druid"
)

// Error is a query's failure as Druid reports it: QueryInterruptedException. It
// marshals to the answer's body.
type Error struct {
	Code    string // error: one of the constants below
	Message string // errorMessage
	Class   string // errorClass, a Java class; empty is null
	Host    string // host of the server that failed; empty is null
}

// Codes of an Error.
const (
	UnknownException = "Unknown exception"
	QueryTimeout     = "Query timeout"
	QueryCancelled   = "Query cancelled"
	ResourceLimit    = "Resource limit exceeded"
)

func (e *Error) Error() string { return fmt.Sprintf("%s (%s)", e.Message, e.Code) }

type errorJSON struct {
	Error   string  `json:"error"`
	Message *string `json:"errorMessage"`
	Class   *string `json:"errorClass"`
	Host    *string `json:"host"`
}

// MarshalJSON writes the keys in Java's order.
func (e *Error) MarshalJSON() ([]byte, error) {
	return druid.Marshal(errorJSON{e.Code, orNull(e.Message), orNull(e.Class), orNull(e.Host)})
}

func orNull(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

func decodeError(body []byte) *Error {
	var raw errorJSON
	if json.Unmarshal(body, &raw) != nil || raw.Error == "" {
		return nil
	}
	e := &Error{Code: raw.Error}
	for to, from := range map[*string]*string{&e.Message: raw.Message, &e.Class: raw.Class, &e.Host: raw.Host} {
		if from != nil {
			*to = *from
		}
	}
	return e
}

// Java classes that say what was wrong with a query.
const (
	classMapping = "com.fasterxml.jackson.databind.JsonMappingException"
	classParse   = "com.fasterxml.jackson.core.JsonParseException"
	classLimit   = "org.apache.druid.query.ResourceLimitExceededException"
)

// bad is the error for a query that Jackson cannot read.
func bad(format string, args ...any) *Error {
	return &Error{Code: UnknownException, Message: fmt.Sprintf(format, args...), Class: classMapping}
}

// inside is an error in the value of a key; one in Druid's words is passed on
// unchanged.
func inside(key string, err error) error {
	if err == nil {
		return nil
	}
	var e *Error
	if errors.As(err, &e) {
		return e
	}
	return fmt.Errorf("%s: %w", key, err)
}

// refused is the error for a query that Jackson can read but that is refused by the
// constructor of a class under org.apache.druid.query.
func refused(class, format string, args ...any) *Error {
	return bad("Instantiation of [simple type, class org.apache.druid.query.%s] value failed: %s", class, fmt.Sprintf(format, args...))
}

// unknownType is the error for a type that Druid does not know either.
func unknownType(name, class, known string) *Error {
	return bad("Could not resolve type id '%s' into a subtype of [simple type, class org.apache.druid.query.%s]: known type ids = [%s]", name, class, known)
}

// The types that Druid 0.14 knows, as its errors list them. Those not supported here
// are refused by name.
const (
	knownQueries         = "Query, dataSourceMetadata, groupBy, scan, search, segmentMetadata, select, timeBoundary, timeseries, topN"
	knownFilters         = "DimFilter, and, bound, columnComparison, expression, extraction, in, interval, javascript, like, not, or, regex, search, selector, spatial, true"
	knownPostAggregators = "PostAggregator, arithmetic, constant, doubleGreatest, doubleLeast, expression, fieldAccess, finalizingFieldAccess, hyperUniqueCardinality, javascript, longGreatest, longLeast"
	knownAggregators     = "AggregatorFactory, cardinality, count, doubleFirst, doubleLast, doubleMax, doubleMin, doubleSum, filtered, floatFirst, floatLast, floatMax, floatMin, floatSum, histogram, hyperUnique, javascript, longFirst, longLast, longMax, longMin, longSum, stringFirst, stringFirstFold, stringLast, stringLastFold"
)
