package terminal

import (
	"fmt"
	"time"
)

// How soon and how often something that takes long is told of.
const (
	silence    = 2 * time.Second  // nothing is said of what is done sooner
	ticks      = time.Second      // in place
	plainTicks = 10 * time.Second // a line each
)

// While says what is being waited for while work is under way: on a terminal below the text and in place, elsewhere
// in a line every ten seconds. What it says, say tells, given how long it has taken so far; "" is nothing.
func While(out *Output, say func(time.Duration) string, work func()) {
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		tell(out, say, stop)
	}()
	work()
	close(stop)
	<-stopped
}

func tell(out *Output, say func(time.Duration) string, stop <-chan struct{}) {
	defer out.Note("")
	begin := time.Now()
	wait, every := plainTicks, plainTicks
	if out.Moves {
		wait, every = silence, ticks
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	for {
		select {
		case <-stop:
			return
		case <-timer.C:
		}
		text := say(time.Since(begin))
		if out.Moves {
			out.Note(text)
		} else if text != "" {
			_ = out.Print(text + "\n") // who does not see it misses nothing
		}
		timer.Reset(every)
	}
}

// Span is a length of time as it is told: in whole seconds.
func Span(d time.Duration) string { return fmt.Sprint(d.Round(time.Second)) }
