package scenario

// Verb is something that can be done to a cluster.
type Verb struct {
	Name     string
	Lasting  bool   // it lasts until it is undone; otherwise it is a single shot
	Inverse  string // the verb that undoes it after its "for", when it is not a link fault
	Peer     bool   // takes "from SELECTOR": what the target is cut off from
	By       bool   // takes "by SPAN"
	Here     bool   // carried out by this version; the others are known words only
	Does     string // one line for people
	NoTarget bool   // means the whole cluster when no target is given
}

// Verbs is every verb of the language.
var Verbs = []Verb{
	{Name: "kill", Lasting: true, Inverse: "start", Here: true, Does: "ends the node without a goodbye: its ephemerals live until the session times out"},
	{Name: "stop", Lasting: true, Inverse: "start", Here: true, Does: "ends the node as SIGTERM would"},
	{Name: "start", Here: true, Does: "starts a node that was killed or stopped"},
	{Name: "restart", Here: true, Does: "stops the node and starts it again"},
	{Name: "pause", Lasting: true, Inverse: "resume", Here: true, Does: "freezes all the node's traffic, as SIGSTOP would"},
	{Name: "resume", Here: true, Does: "lets a paused node go on"},
	{Name: "expire_session", Here: true, Does: "ends the node's ZooKeeper session at once"},
	{Name: "disconnect", Here: true, Does: "closes the node's ZooKeeper connection once"},
	{Name: "partition", Lasting: true, Peer: true, Here: true, Does: "drops what the node and its peers send each other"},
	{Name: "delay", Lasting: true, By: true, Peer: true, Here: true, Does: "makes the node's traffic late"},
	{Name: "heal", NoTarget: true, Here: true, Does: "ends armed faults: all of them, one by its id, or those of the nodes selected"},
	{Name: "bandwidth", Lasting: true, By: true, Does: "limits the node's traffic"},
	{Name: "drop", Lasting: true, Does: "loses a share of the node's traffic"},
	{Name: "scale", Does: "changes the number of nodes of a kind"},
	{Name: "disk_full", Lasting: true, Does: "lets the node's writes fail"},
	{Name: "slow_load", Lasting: true, By: true, Does: "makes segment loads slow"},
	{Name: "fail_load", Lasting: true, Does: "makes segment loads fail"},
	{Name: "fail_task", Lasting: true, Does: "makes tasks fail"},
	{Name: "zk_error", Lasting: true, Does: "answers ZooKeeper requests with an error"},
	{Name: "zk_drop_reply", Lasting: true, Does: "lets a write take effect and loses its answer"},
	{Name: "zk_drop_request", Lasting: true, Does: "loses ZooKeeper requests"},
	{Name: "zk_delay", Lasting: true, By: true, Does: "makes ZooKeeper's answers late"},
	{Name: "zk_disconnect", Does: "lets ZooKeeper close connections"},
	{Name: "zk_down", Lasting: true, NoTarget: true, Does: "takes ZooKeeper away"},
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
func VerbNames() []string {
	names := make([]string, len(Verbs))
	for i, v := range Verbs {
		names[i] = v.Name
	}
	return names
}

// Directions of a partition, as the target sees them.
var Directions = []string{"both", "to", "from"}
