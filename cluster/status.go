package cluster

import (
	"fmt"
	"strings"
	"time"
)

// Status is the cluster at one moment. Its longest lists may be cut: Total says how long
// they are, and Cluster's NodeList, Servers, Segments and TaskList yield them page by page.
// It is wide because it is one JSON object,
// with a field for each of its keys.
type Status struct {
	Name      string            `json:"name"`
	Seed      int64             `json:"seed,string"` // a string, as JavaScript's numbers are too short
	Ready     bool              `json:"ready"`
	ZooKeeper string            `json:"zookeeper"`
	Base      string            `json:"base"`
	Data      string            `json:"data"`
	Leaders   map[string]string `json:"leaders"` // kind → node name; "" when none leads, whatever ZooKeeper still shows
	Nodes     []Node            `json:"nodes"`
	Segments  []ServedSegments  `json:"segments"`
	Used      map[string]int    `json:"used"`   // datasource → used segments in the metadata store
	Served    map[string]int    `json:"served"` // datasource → distinct segments served by historicals
	Tasks     []Task            `json:"tasks"`
	Faults    []Fault           `json:"faults"` // the armed ones
	Steps     []StepState       `json:"steps"`
	Expects   []Expectation     `json:"expectations"`
	Rows      []Intake          `json:"rows"` // what became of the rows of the topology's datasources and streams
	Total     Totals            `json:"total"`

	Invariants []Invariant `json:"invariants"` // what became of them so far

	// ZooKeeperAway is since when an external ZooKeeper has not answered. What only it
	// knows is missing then: leaders, sessions, servers, workers.
	ZooKeeperAway time.Time `json:"zookeeperAway,omitzero"`

	Seq            int64     `json:"seq"`  // the place of the latest step; 0 when there is no history
	Zxid           int64     `json:"zxid"` // of the latest transaction
	Now            time.Time `json:"now"`
	Live           bool      `json:"live"` // now is now: the run goes on, and this is not its past
	SessionTimeout int64     `json:"sessionTimeoutMillis"`
	Headline       Headline  `json:"headline"`
	Unknown        []string  `json:"unknown,omitempty"` // keys of which the past does not say enough

	// Unreadable are the rows of the metadata store that were left out, and why.
	Unreadable []string `json:"unreadable,omitempty"`
}

// Headline is the one thing that matters most.
type Headline struct {
	Level string   `json:"level"` // ok | warn | bad
	Text  string   `json:"text"`
	About []string `json:"about"` // the nodes that it names
}

// Totals are how much there is of what a Status lists.
type Totals struct {
	Nodes         int            `json:"nodes"`
	Servers       int            `json:"servers"`       // with those that are gone and that ZooKeeper still shows
	Segments      int            `json:"segments"`      // distinct announced segments
	Announcements int            `json:"announcements"` // of segments, each server's counted
	Tasks         int            `json:"tasks"`
	TaskStates    map[string]int `json:"taskStates"` // tasks by status
}

// Node is one node of the topology. It is wide because it is one JSON object, with a
// field for each of its keys.
type Node struct {
	Name       string      `json:"name"`
	Kind       string      `json:"kind"`
	Host       string      `json:"host"`
	State      string      `json:"state"`          // starting | up | paused | stopped | killed; of an external seat absent | present
	Leader     bool        `json:"leader"`         // ZooKeeper shows it, and the node runs and reaches ZooKeeper
	Note       string      `json:"note,omitempty"` // what the state does not say: what ZooKeeper still shows, and for how long
	Session    string      `json:"session"`        // hexadecimal, "" when it has none
	Incarnated int         `json:"incarnations"`
	Faults     []string    `json:"faults,omitempty"`
	External   bool        `json:"external,omitempty"`  // a process of its own takes the seat
	Version    string      `json:"version,omitempty"`   // of an external seat, as the process says
	Remarks    []string    `json:"remarks,omitempty"`   // of an external seat: what is not as the cluster needs it
	Lingering  []Lingering `json:"lingering,omitempty"` // its sessions that are over, though ZooKeeper does not know yet
	Since      time.Time   `json:"since,omitzero"`      // when it came into its state
	Ends       time.Time   `json:"ends,omitzero"`       // when its session ends unless it is heard from, where that is known
	Ephemerals int         `json:"ephemerals"`          // znodes that end with its sessions
}

// Lingering is a session of a node that is dead, or has another session by now, whose
// ephemerals ZooKeeper still shows.
type Lingering struct {
	Session string    `json:"session"`
	Ends    time.Time `json:"ends,omitzero"` // not known of an external ZooKeeper
}

// ServedSegments is what one server announces.
type ServedSegments struct {
	Server     string   `json:"server"`
	Node       string   `json:"node"`
	Type       string   `json:"type"`
	Tier       string   `json:"tier"`
	Size       int64    `json:"size"`
	MaxSize    int64    `json:"maxSize"`
	Count      int      `json:"count"`          // of the segments
	SegmentIDs []string `json:"segments"`       // the first of them
	Gone       bool     `json:"gone,omitempty"` // nobody serves them: a dead session announced them, and ZooKeeper still shows that
}

// Task is a task as the metadata store has it.
type Task struct {
	ID         string `json:"id"`
	Type       string `json:"type"`
	DataSource string `json:"dataSource"`
	Status     string `json:"status"`
	Worker     string `json:"worker"`
	ErrorMsg   string `json:"errorMsg,omitempty"`
}

// Fault is an armed fault.
type Fault struct {
	ID    string    `json:"id"`
	Do    string    `json:"do"` // as the fault command would write it
	Nodes []string  `json:"nodes"`
	Since time.Time `json:"since"`
	Until time.Time `json:"until,omitzero"`
	Made  string    `json:"made,omitempty"` // what a play made, such as a task's id
	TOML  string    `json:"toml,omitempty"` // the step of a topology that would do the same
}

// StepState is a step of the topology.
type StepState struct {
	Name  string    `json:"name"`
	Do    string    `json:"do"`
	When  string    `json:"when"`            // "at 5s", "every 10s", "when leader:coordinator changed"
	Fired time.Time `json:"fired,omitzero"`  // when it took place first
	Last  time.Time `json:"last,omitzero"`   // and last, if that was another time
	Due   time.Time `json:"due,omitzero"`    // when it takes place next, where that is planned
	Times int       `json:"times,omitempty"` // how often it took place
	Error string    `json:"error,omitempty"`
	Then  string    `json:"then,omitempty"` // what was to follow it, and did not

	Never   string   `json:"never,omitempty"`   // why it never took place, in a verdict
	Nodes   []string `json:"nodes,omitempty"`   // that it met, all its times together
	Touched *Touched `json:"touched,omitempty"` // of what it met, where that is counted
}

// Expectation is an expectation of the topology.
type Expectation struct {
	Text  string `json:"text"`
	State string `json:"state"` // pending | held | broken
	Why   string `json:"why,omitempty"`

	Zxid  int64     `json:"zxid,omitempty"`  // of a broken one: of the latest commit when it was first seen broken
	Exact bool      `json:"exact,omitempty"` // it was broken by that commit
	Time  time.Time `json:"time,omitzero"`   // and when that was
}

// Commit says what the commit with the zxid of a broken expectation has to do with it; "" when
// there is none.
func (e Expectation) Commit() string {
	switch {
	case e.Zxid == 0:
		return ""
	case e.Exact:
		return fmt.Sprintf("broken by zxid 0x%x", e.Zxid)
	case strings.HasPrefix(e.Text, "eventually "):
		return fmt.Sprintf("after zxid 0x%x", e.Zxid)
	}
	return fmt.Sprintf("first seen after zxid 0x%x", e.Zxid)
}

// Invariant is something that must hold in every run, and what became of it.
type Invariant struct {
	Name      string    `json:"name"`
	State     string    `json:"state"`         // held | broken | not exercised | not checked | off
	Exercised int       `json:"exercised"`     // how often it was put to the test
	Why       string    `json:"why,omitempty"` // what broke it, or why it was not checked
	Zxid      int64     `json:"zxid,omitempty"`
	Time      time.Time `json:"time,omitzero"` // of the violation
	Nodes     []string  `json:"nodes,omitempty"`
	Notes     []string  `json:"notes,omitempty"` // what is no violation and should be known
}

// Znode is a node of ZooKeeper's tree.
type Znode struct {
	Path      string `json:"path"`
	Owner     string `json:"owner,omitempty"` // the owning session's node name, or its id
	Ephemeral bool   `json:"ephemeral"`
	Version   int32  `json:"version"`
	Data      []byte `json:"data"` // as stored
	Text      string `json:"text"` // decoded: unzipped when it was gzip
	Kind      string `json:"kind"` // what it is in Druid's layout

	Czxid    int64  `json:"czxid,omitempty"`
	Mzxid    int64  `json:"mzxid,omitempty"`
	Children *int   `json:"children,omitempty"` // how many it has, where that is counted
	Means    string `json:"means,omitempty"`    // what it is in Druid's protocols, where that is said
}
