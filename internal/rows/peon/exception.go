package peon

import (
	"errors"
	"strings"

	"oakmoot/internal/rows/ingest"
)

// exception is a failure with the class that Druid would have thrown, because the first
// 100 characters of its text end up in the task's status.
type exception struct {
	class string
	msg   string
	cause error
	at    []string // frames of the stack, in classes of tasks
}

const (
	illegalArgument  = "java.lang.IllegalArgumentException"
	illegalState     = "org.apache.druid.java.util.common.ISE"
	nullPointer      = "java.lang.NullPointerException"
	runtimeException = "java.lang.RuntimeException"
	parseException   = "org.apache.druid.java.util.common.parsers.ParseException"
	ioException      = "java.io.IOException"
	segmentLoading   = "org.apache.druid.segment.loading.SegmentLoadingException"
)

func (e *exception) Error() string { return e.msg }

// Unwrap returns the cause.
func (e *exception) Unwrap() error { return e.cause }

// javaMessage formats an error as Throwable.toString does, for a task's status.
func javaMessage(err error) string {
	var e *exception
	var read *ingest.Exception
	var bad *ingest.ParseError
	switch {
	case errors.As(err, &e):
		return e.class + ": " + e.msg
	case errors.As(err, &read):
		return read.Class + ": " + read.Message
	case errors.As(err, &bad):
		return parseException + ": " + bad.Reason
	}
	return runtimeException + ": " + err.Error()
}

// inBackground is a failure of a thread that the task waited for: anything but a
// RuntimeException is wrapped in one there, and is wrapped twice more where it is
// waited for.
func inBackground(err error) error {
	msg := javaMessage(err)
	if strings.HasPrefix(msg, ioException) {
		msg = runtimeException + ": " + msg
	}
	return &exception{class: runtimeException, msg: "java.util.concurrent.ExecutionException: " + msg, cause: err}
}
