package fault

import (
	"errors"
	"time"
)

// Lose loses messages: a request is never sent, or takes effect and its reply never
// comes. TCP has no holes, so what is behind it on the connection is lost too: after a
// silence the connection breaks. Bytes that are no messages are lost as one.
//
// A request that is lost is still a request that the client has sent. Go's HTTP client
// sends a GET again by itself when an idle connection breaks under it; a silence that is
// longer than its timeout shows the loss.
type Lose struct {
	Silence time.Duration // until the connection breaks; 0 breaks it at once
}

func (e Lose) check(*Rule) error {
	if e.Silence < 0 {
		return errors.New("fault: a silence of less than nothing")
	}
	return nil
}

func (Lose) sees(*Rule) bool             { return true }
func (Lose) takes(*Armed, *message) bool { return true }
func (e Lose) decide(f *fate, a *Armed, _ *message) {
	f.breaks = breaking{by: a, after: e.Silence}
}
