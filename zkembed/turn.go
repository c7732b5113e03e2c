package zkembed

// turn is the right to touch the state: full while a goroutine holds it. The state's own
// goroutine holds it whenever it does something, and keeps it when it ends.
type turn chan struct{}

func (t turn) take() { t <- struct{}{} }

func (t turn) give() { <-t }

// tryTake takes the turn if nobody has it.
func (t turn) tryTake() bool {
	select {
	case t <- struct{}{}:
		return true
	default:
		return false
	}
}

// post hands a parcel to the state; false when the state has ended. When the state rests
// and nobody is ahead, the goroutine that brings requests carries them out itself: waking
// the state's goroutine costs more than most requests do. While changes come from several
// sides it does not: made durable together they cost less.
func (l *lifetime) post(p parcel) bool {
	if l.waiting.Add(1) == 1 && p.asks() && l.turn.tryTake() {
		rests := !l.state.busy() && !l.state.pace.gathers
		if rests {
			l.state.handle(p)
			l.state.flush()
		}
		if rests && l.state.busy() {
			l.remind()
		}
		if l.turn.give(); rests {
			return true
		}
	}
	select {
	case l.inbox <- p:
		return true
	case <-l.done:
		return false
	}
}

// remind has the state's goroutine look at what has become due.
func (l *lifetime) remind() {
	l.waiting.Add(1)
	select {
	case l.inbox <- parcel{}:
	default: // a full inbox makes it look anyway
		l.waiting.Add(-1)
	}
}
