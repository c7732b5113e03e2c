package fault

import (
	"errors"
	"time"
)

// Lose loses messages: a request is never sent, or it takes effect and its reply never
// arrives. TCP has no holes, so everything behind the message in that direction is lost
// too, and after a silence the connection breaks. Bytes of other protocols count as one
// message per write.
//
// Go's HTTP client repeats a GET on its own when a reused connection breaks before the
// reply. To make such a client see the loss, choose a silence longer than its timeout.
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
