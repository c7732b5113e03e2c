package invariant

import (
	"fmt"
	"slices"
	"time"
)

// The names of the invariants.
const (
	OneLeader         = "one-leader"
	AnnouncementsEnd  = "announcements-end"
	Replicas          = "replicas"
	LoadQueueEnds     = "load-queue-ends"
	OneWorker         = "one-worker"
	OneFinalStatus    = "one-final-status"
	Disk              = "disk"
	BrokerView        = "broker-view"
	RowsOnce          = "rows-once"
	ZooKeeperHistory  = "zk-history"
	mostNotesRecalled = 3
)

// Names are those of all invariants, in the order in which they are reported.
func Names() []string {
	return []string{
		OneLeader, AnnouncementsEnd, Replicas, LoadQueueEnds, OneWorker, OneFinalStatus, Disk, BrokerView, RowsOnce, ZooKeeperHistory,
	}
}

// States of an invariant.
const (
	Held         = "held"
	Broken       = "broken"
	NotExercised = "not exercised" // nothing happened that could have broken it
	NotChecked   = "not checked"   // it cannot be seen in this cluster, or could not be in this run
	Off          = "off"           // switched off by its name
)

// Result is what became of an invariant.
type Result struct {
	Name      string
	State     string
	Exercised int       // how often it was put to the test
	Why       string    // what broke it, or why it was not checked
	Zxid      int64     // of the first commit that broke it, 0 when none did
	Time      time.Time // of the violation
	Nodes     []string  // that are involved
	Notes     []string  // what is no violation and should be known
}

// finding is what an invariant has found so far. Each invariant has one.
type finding struct {
	name      string
	exercised int
	broken    *Result
	unseen    string        // why it is not checked
	missed    func() string // why it could not look at what there was; "" when there was nothing
	off       bool
	notes     []string
	noted     int
}

// result is the finding as it is reported.
func (f *finding) result() Result {
	r := Result{Name: f.name, State: Held, Exercised: f.exercised, Notes: slices.Clone(f.notes)}
	if more := f.noted - len(f.notes); more > 0 {
		r.Notes = append(r.Notes, fmt.Sprintf("and %d more like that", more))
	}
	switch {
	case f.off:
		r.State = Off
	case f.broken != nil:
		r.State, r.Why, r.Zxid, r.Time, r.Nodes = Broken, f.broken.Why, f.broken.Zxid, f.broken.Time, f.broken.Nodes
	case f.unseen != "":
		r.State, r.Why = NotChecked, f.unseen
	case f.exercised == 0:
		r.State = NotExercised
		if f.missed == nil {
			break
		}
		if why := f.missed(); why != "" {
			r.State, r.Why = NotChecked, why
		}
	}
	return r
}

// violation notes the first violation. The later ones follow from it as often as not.
func (f *finding) violation(s *scene, zxid int64, nodes []string, format string, args ...any) {
	if f.broken != nil || f.silent() {
		return
	}
	f.broken = &Result{Why: fmt.Sprintf(format, args...), Zxid: zxid, Time: s.now, Nodes: nodes}
}

// note takes down what is no violation and should be known.
func (f *finding) note(format string, args ...any) {
	if f.noted++; len(f.notes) < mostNotesRecalled {
		f.notes = append(f.notes, fmt.Sprintf(format, args...))
	}
}

// silent reports whether the invariant is off or cannot be seen.
func (f *finding) silent() bool { return f.off || f.unseen != "" }
