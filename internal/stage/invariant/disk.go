package invariant

import "oakmoot/internal/druid"

// Sample is an announced segment whose files are to be looked at.
type Sample struct {
	Node, Host string
	Segment    druid.DataSegment
	failed     int // how often they were found to be bad
}

// Disks checks that nothing that a historical announces is missing on its disk, and that
// nothing that it has loaded is corrupt: by samples of what is announced, on our own nodes,
// whose disks can be seen.
type Disks struct {
	finding
	scene *scene
	held  *holdings
	queue []Sample
}

// Limits of the sampling.
const (
	mostSamples = 256 // that wait; what is announced meanwhile is not looked at
	sampleTries = 3   // looks, one after the other, that have to find files bad
)

func newDisks(s *scene, held *holdings) *Disks {
	return &Disks{finding: finding{name: Disk}, scene: s, held: held}
}

// announced takes a segment that a server has begun to announce.
func (d *Disks) announced(host string, segment druid.DataSegment) {
	n, ours := d.scene.ours(host)
	if ours && n.Kind == "historical" && len(d.queue) < mostSamples && !d.silent() {
		d.queue = append(d.queue, Sample{Node: n.Name, Host: host, Segment: segment})
	}
}

// Samples takes at most so many samples that are to be looked at.
func (d *Disks) Samples(most int) []Sample {
	n := min(most, len(d.queue))
	taken := d.queue[:n:n]
	d.queue = d.queue[n:]
	return taken
}

// Examined takes what is wrong with a sample's files; nil when nothing is. What is no
// longer announced need not be there.
func (d *Disks) Examined(sample Sample, wrong error) {
	id := sample.Segment.ID()
	n, ours := d.scene.ours(sample.Host)
	switch {
	case !ours || !n.Runs() || !d.held.announces(sample.Host, id):
	case wrong == nil:
		d.exercised++
	case sample.failed+1 < sampleTries:
		sample.failed++
		d.queue = append(d.queue, sample)
	default:
		d.violation(d.scene, 0, []string{sample.Node}, "%s announces segment %s, and its disk says: %v", sample.Node, id, wrong)
	}
}
