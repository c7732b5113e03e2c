package zkembed

// turn is the right to touch the state: full while a goroutine has it. The state's own
// goroutine has it whenever it does something, and keeps it when it ends.
type turn chan struct{}

func (t turn) take() { t <- struct{}{} }

func (t turn) give() { <-t }

// tryTake does not wait.
func (t turn) tryTake() bool {
	select {
	case t <- struct{}{}:
		return true
	default:
		return false
	}
}

// post hands a parcel to the state; false when the state has ended. When the state
// rests and nobody is before it, who brings requests carries them out himself: to wake
// the state's goroutine costs more than most requests do. While changes come from several
// sides he does not: made durable together they cost less.
func (l *lifetime) post(p parcel) bool {
	if l.waiting.Add(1) == 1 && p.asks() && l.carryOut(p) {
		return true
	}
	select {
	case l.inbox <- p:
		return true
	case <-l.done:
		return false
	}
}

// carryOut carries a parcel out here and now, if the state can be had for that.
func (l *lifetime) carryOut(p parcel) bool {
	if !l.turn.tryTake() {
		return false
	}
	defer l.turn.give()
	if l.state.busy() || l.state.gathers {
		return false
	}
	l.state.handle(p)
	if l.state.endBatch(); l.state.busy() {
		l.remind()
	}
	return true
}

// remind lets the state's goroutine look at what has become due.
func (l *lifetime) remind() {
	l.waiting.Add(1)
	select {
	case l.inbox <- parcel{}:
	default: // there is enough that makes it look
		l.waiting.Add(-1)
	}
}
