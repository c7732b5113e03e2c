package peon

import (
	"errors"
	"fmt"
	"strings"

	"oakmoot/internal/rows/ingest"
)

// Places in IndexTask where a task gives up, as a stack trace shows them: an error
// message is the trace, of which a status shows the first 100 characters.
var (
	whileDetermining = []string{
		"IndexTask.collectIntervalsAndShardSpecs(IndexTask.java:834)", "IndexTask.createShardSpecsFromInput(IndexTask.java:701)",
		"IndexTask.determineShardSpecs(IndexTask.java:636)", "IndexTask.run(IndexTask.java:443)",
	}
	whileBuilding = []string{
		"IndexTask.handleParseException(IndexTask.java:1152)", "IndexTask.generateAndPublishSegments(IndexTask.java:1060)", "IndexTask.run(IndexTask.java:473)",
	}
)

const (
	taskPackage = "org.apache.druid.indexing.common.task."
	belowTask   = "\n\tat org.apache.druid.indexing.overlord.SingleTaskBackgroundRunner$SingleTaskBackgroundRunnerCallable.call(SingleTaskBackgroundRunner.java:419)" +
		"\n\tat org.apache.druid.indexing.overlord.SingleTaskBackgroundRunner$SingleTaskBackgroundRunnerCallable.call(SingleTaskBackgroundRunner.java:391)" +
		"\n\tat java.base/java.util.concurrent.FutureTask.run(FutureTask.java:264)" +
		"\n\tat java.base/java.util.concurrent.ThreadPoolExecutor.runWorker(ThreadPoolExecutor.java:1136)" +
		"\n\tat java.base/java.util.concurrent.ThreadPoolExecutor$Worker.run(ThreadPoolExecutor.java:635)" +
		"\n\tat java.base/java.lang.Thread.run(Thread.java:840)\n"
)

// stackTrace formats an error as Throwables.getStackTraceAsString does. It has frames
// only where the exception says so, and never for a cause: most of those are Java's and
// Jackson's, and differ between machines.
func stackTrace(err error) string {
	var b strings.Builder
	b.WriteString(javaMessage(err))
	var e *exception
	if errors.As(err, &e) && e.at != nil {
		for _, frame := range e.at {
			b.WriteString("\n\tat " + taskPackage + frame)
		}
		b.WriteString(belowTask)
	}
	for cause := causeOf(err); cause != nil; cause = causeOf(cause) {
		fmt.Fprintf(&b, "\nCaused by: %s", javaMessage(cause))
	}
	return b.String()
}

// causeOf returns what a Java exception was caused by, if that is known.
func causeOf(err error) error {
	var e *exception
	var foreign *ingest.Exception
	var bad *ingest.ParseError
	switch {
	case errors.As(err, &e):
		err = e.cause
	case errors.As(err, &foreign):
		err = foreign.Err
	case errors.As(err, &bad):
		err = bad.Err
	default:
		return nil
	}
	if errors.As(err, &foreign) || errors.As(err, &bad) || errors.As(err, &e) {
		return err
	}
	return nil
}
