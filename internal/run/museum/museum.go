// Package museum is bugs that released Druids have had. Each is a switch of a node, off unless a topology turns it on,
// that turns one rule of the code back to what it was: with the switch a scenario in examples/museum fails, without it
// the same scenario holds.
package museum

import "slices"

// Switch is the name of a bug, in words that say what the node does.
type Switch string

// Switches.
const (
	LeadsByItsOldNode         Switch = "leads-by-its-old-latch-node"
	ActsOnUnreadInventory     Switch = "acts-on-an-unread-inventory"
	DropsBeforeItHasPolled    Switch = "drops-before-it-has-polled"
	LooksOnceForAMovedSegment Switch = "looks-once-for-a-moved-segment"
	LooksInServedSegments     Switch = "looks-in-served-segments-only"
	StopsAllLoadQueues        Switch = "stops-all-load-queues-with-one"
	HandsOffOnlyWhatIsLoaded  Switch = "hands-off-only-what-is-loaded"
	ForgetsWhatDoesNotFit     Switch = "forgets-a-segment-that-does-not-fit"
	StaysUnannounced          Switch = "stays-unannounced-in-a-new-session"
	DeletesByTheFirstDrop     Switch = "deletes-by-the-timer-of-the-first-drop"
	NeedsEveryLockBack        Switch = "needs-every-lock-back-to-lead"
	OverlooksAShortTask       Switch = "overlooks-a-task-that-ends-at-once"
	NeverHearsFromAnEarlyTask Switch = "never-hears-from-a-task-seen-early"
	KeepsStatusesInItsSession Switch = "keeps-statuses-in-its-session"
)

// Exhibit is a bug in the museum: one row.
type Exhibit struct {
	Switch  Switch
	Kinds   []string // of the nodes that have the switch
	Does    string   // what such a node does, in one line
	Source  string   // where the bug was reported or fixed
	Trigger string
	Wrong   string // what went wrong
	Since   string // the releases that have it
	Fixed   string // the release that does not
	Breaks  string // the expectation of its scenario that does not hold
}

// Find is the exhibit of a switch.
func Find(name string) (Exhibit, bool) {
	i := slices.IndexFunc(Exhibits, func(e Exhibit) bool { return e.Switch == Switch(name) })
	if i < 0 {
		return Exhibit{}, false
	}
	return Exhibits[i], true
}

// NamesFor are the switches that nodes of a kind have.
func NamesFor(kind string) []string {
	var names []string
	for _, e := range Exhibits {
		if slices.Contains(e.Kinds, kind) {
			names = append(names, string(e.Switch))
		}
	}
	return names
}

// Set is the switches that are on at a node. The zero value is a node without old bugs.
type Set []string

// Has reports whether a switch is on.
func (s Set) Has(w Switch) bool { return slices.Contains(s, string(w)) }
