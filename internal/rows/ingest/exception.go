package ingest

import "fmt"

// Exception is a failure that ends a task, with the class that Druid throws.
type Exception struct {
	Class   string
	Message string
	Err     error // the cause, if any
}

func (e *Exception) Error() string { return e.Message }

// Unwrap returns the cause.
func (e *Exception) Unwrap() error { return e.Err }

// Classes of Java's and Druid's exceptions.
const (
	illegalArgument      = "java.lang.IllegalArgumentException"
	illegalState         = "java.lang.IllegalStateException"
	unsupportedOperation = "java.lang.UnsupportedOperationException"
	classCast            = "java.lang.ClassCastException"
	nullPointer          = "java.lang.NullPointerException"
	patternSyntax        = "java.util.regex.PatternSyntaxException"
	druidIAE             = "org.apache.druid.java.util.common.IAE"
	parseException       = "org.apache.druid.java.util.common.parsers.ParseException"
)

func exception(class, format string, args ...any) *Exception {
	return &Exception{Class: class, Message: fmt.Sprintf(format, args...)}
}

// ParseError says why a record gave no row, or a row without some of its values:
// ParseException, with its message.
type ParseError struct {
	Reason string
	Err    error // the cause, which the message leaves out
}

func (e *ParseError) Error() string { return e.Reason }

// Unwrap returns the cause.
func (e *ParseError) Unwrap() error { return e.Err }

func unparseable(record string, cause error) *ParseError {
	return &ParseError{"Unable to parse row [" + record + "]", cause}
}
