package scenario

import "slices"

// Verb is something that can be done to a cluster: a row of Verbs. What carries it out
// is the verb's row of doers in the cluster.
type Verb struct {
	Name     string
	Clauses  []string // that may follow its target, by their first words; one with "for" lasts until it is undone
	Needs    string   // the one of them that may not be left out, or ""
	NoTarget bool     // means the whole cluster when no target is given
	ByID     bool     // takes a fault's id for a target
	Here     bool     // carried out by this version; the others are known words only
	Does     string   // one line for people
}

// Takes reports whether a clause that begins with the word may follow the verb.
func (v Verb) Takes(clause string) bool { return slices.Contains(v.Clauses, clause) }

// Clauses that several verbs take.
var (
	lasting = []string{"for"}
	by      = []string{"by", "jitter", "for"}
)

// Verbs is every verb of the language.
var Verbs = []Verb{
	{Name: "kill", Clauses: lasting, Here: true, Does: "ends the node without a goodbye: its ephemerals live until the session times out"},
	{Name: "stop", Clauses: lasting, Here: true, Does: "ends the node as SIGTERM would"},
	{Name: "start", Here: true, Does: "starts a node that was killed or stopped"},
	{Name: "restart", Here: true, Does: "stops the node and starts it again"},
	{Name: "pause", Clauses: lasting, Here: true, Does: "freezes all the node's traffic, as SIGSTOP would"},
	{Name: "resume", Here: true, Does: "lets a paused node go on"},
	{Name: "expire_session", Here: true, Does: "ends the node's ZooKeeper session at once"},
	{Name: "disconnect", Here: true, Does: "closes the node's ZooKeeper connection once"},
	{Name: "partition", Clauses: []string{"from", "direction", "for"}, Here: true, Does: "drops what the node and its peers send each other"},
	{Name: "delay", Clauses: []string{"from", "direction", "by", "jitter", "for"}, Needs: "by", Here: true, Does: "makes the node's traffic late"},
	{Name: "heal", NoTarget: true, ByID: true, Here: true, Does: "ends armed faults: all of them, one by its id, or those of the nodes selected"},
	{Name: "bandwidth", Clauses: by, Does: "limits the node's traffic"},
	{Name: "drop", Clauses: lasting, Does: "loses a share of the node's traffic"},
	{Name: "scale", Does: "changes the number of nodes of a kind"},
	{Name: "disk_full", Clauses: lasting, Does: "lets the node's writes fail"},
	{Name: "slow_load", Clauses: by, Does: "makes segment loads slow"},
	{Name: "fail_load", Clauses: lasting, Does: "makes segment loads fail"},
	{Name: "fail_task", Clauses: lasting, Does: "makes tasks fail"},
	{Name: "zk_error", Clauses: lasting, Does: "answers ZooKeeper requests with an error"},
	{Name: "zk_drop_reply", Clauses: lasting, Does: "lets a write take effect and loses its answer"},
	{Name: "zk_drop_request", Clauses: lasting, Does: "loses ZooKeeper requests"},
	{Name: "zk_delay", Clauses: by, Does: "makes ZooKeeper's answers late"},
	{Name: "zk_disconnect", Does: "lets ZooKeeper close connections"},
	{Name: "zk_down", Clauses: lasting, NoTarget: true, Does: "takes ZooKeeper away"},
	{Name: "submit", NoTarget: true, Does: "submits a task"},
	{Name: "publish", NoTarget: true, Does: "publishes a segment"},
	{Name: "mark_unused", NoTarget: true, Does: "marks segments unused"},
}

// FindVerb is the verb of a name.
func FindVerb(name string) (Verb, bool) {
	for _, v := range Verbs {
		if v.Name == name {
			return v, true
		}
	}
	return Verb{}, false
}

// VerbNames are the names of all verbs.
func VerbNames() []string { return verbNames(func(Verb) bool { return true }) }

// VerbsHere are the names of the verbs that this version carries out.
func VerbsHere() []string { return verbNames(func(v Verb) bool { return v.Here }) }

func verbNames(which func(Verb) bool) []string {
	var names []string
	for _, v := range Verbs {
		if which(v) {
			names = append(names, v.Name)
		}
	}
	return names
}

// Directions of a partition, as the target sees them.
var Directions = []string{"both", "to", "from"}
