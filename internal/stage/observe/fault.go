package observe

import "time"

// Fault is a fault that is armed.
type Fault struct {
	ID    string
	Do    string // as the fault command would write it
	Nodes []string
	Since time.Time
	Until time.Time // zero for one that lasts until it is healed
}
