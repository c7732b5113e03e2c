package cluster

// kept are the steps of a run that are kept for its report. A nil one keeps nothing.
// Only the goroutine that follows ZooKeeper's changes adds to it; it is read after the run.
type kept struct {
	steps []TraceStep
	bytes int
	cut   int // steps that came when it was full
}

// How much of a run is kept for its report.
const (
	stepsKept = 20_000
	bytesKept = 32 << 20
)

func (k *kept) add(step TraceStep) {
	if k == nil {
		return
	}
	size := len(step.Payload) + len(step.Subject) + len(step.Path) + 200
	if len(k.steps) >= stepsKept || k.bytes+size > bytesKept {
		k.cut++
		return
	}
	k.steps = append(k.steps, step)
	k.bytes += size
}
