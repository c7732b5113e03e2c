package query

import (
	"encoding/json"
	"fmt"

	"oakmoot/internal/druid"
)

// Error is a query's failure as Druid answers it: QueryInterruptedException. It
// marshals to the answer's body.
type Error struct {
	Code    string // error: one of the constants below
	Message string // errorMessage
	Class   string // errorClass, a Java class; empty is null
	Host    string // host, of the server that failed; empty is null
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

// Java classes that name what was wrong with a query.
const (
	classMapping = "com.fasterxml.jackson.databind.JsonMappingException"
	classParse   = "com.fasterxml.jackson.core.JsonParseException"
	classIAE     = "java.lang.IllegalArgumentException"
	classLimit   = "org.apache.druid.query.ResourceLimitExceededException"
)

func bad(class, format string, args ...any) *Error {
	return &Error{Code: UnknownException, Message: fmt.Sprintf(format, args...), Class: class}
}
