package fault

import "slices"

// Freeze is a process that is stopped in its tracks, as by SIGSTOP: nothing moves
// either way until it goes on, and then nothing is lost. The node may still believe
// what it believed; its session times out meanwhile.
type Freeze struct{ Hold }

// Pause arms a Freeze.
func (l *Link) Pause() (undo func()) { return l.arm(Freeze{}, Rule{}).Undo }

// Resume takes every Freeze away.
func (l *Link) Resume() { l.disarm(isFreeze) }

// Paused reports whether a Freeze is armed.
func (l *Link) Paused() bool { return slices.ContainsFunc(l.state().faults, isFreeze) }

func isFreeze(a *Armed) bool {
	_, is := a.effect.(Freeze)
	return is
}
