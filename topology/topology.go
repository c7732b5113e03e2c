// Package topology is the file that describes a cluster: its tables, how they are read,
// what they mean where they say nothing, and every mistake in them with its place. It
// starts nothing and knows no node that runs.
//
// The field tags are the keys of the file. A Topology that is written in Go needs no file:
// cluster.New checks it as Load does, and WithDefaults shows what it leaves out. Durations,
// spans and sizes are structs that know whether they were set, so that "0s" is not "absent":
//
//	topology.Duration{Duration: 6 * time.Second, Set: true}
package topology

// Topology is a cluster as its TOML file describes it: who takes part, over which
// ZooKeeper, with which data, and what happens to whom and when. It is wide because it is
// the file: each table and key is a field.
type Topology struct {
	Schema       int          `toml:"schema"`        // version of this format; 1 when absent
	Name         string       `toml:"name"`          // that is shown; oakmoot when absent
	Seed         *int64       `toml:"seed"`          // of all random choices; drawn and printed when absent
	RunFor       Span         `toml:"run_for"`       // how long to run, counted from ready; until interrupted when absent. Then faults are healed, and expectations get the time they ask for
	End          string       `toml:"end"`           // "settled": the run ends when all steps are done and all expectations judged, after run_for or ten minutes at the latest
	DruidVersion string       `toml:"druid_version"` // release whose bytes are written and whose processes may take seats, also 27.0.0 or 33.0.0; 0.14.0 when absent
	ZooKeeper    ZooKeeper    `toml:"zookeeper"`
	Metadata     Metadata     `toml:"metadata"`
	DeepStorage  DeepStorage  `toml:"deep_storage"`
	Defaults     Defaults     `toml:"defaults"`
	Roles        []Role       `toml:"role"`
	DataSources  []DataSource `toml:"datasource"`
	Streams      []Stream     `toml:"stream"`
	Steps        []Step       `toml:"step"`
	Expects      []Expect     `toml:"expect"`
	Invariants   Invariants   `toml:"invariants"`
}

// ZooKeeper says which ZooKeeper the cluster runs on.
type ZooKeeper struct {
	Mode           string   `toml:"mode"`            // embedded or external; embedded when absent
	Connect        string   `toml:"connect"`         // external only: host:port[,host:port][/chroot]
	Base           string   `toml:"base"`            // druid.zk.paths.base; /druid when absent
	Listen         string   `toml:"listen"`          // embedded only: its address; 127.0.0.1:0 when absent
	Servers        int      `toml:"servers"`         // embedded only: addresses that serve its one state, so that a client can lose one and move to another; 1 when absent
	Tick           Duration `toml:"tick"`            // embedded only: its unit of time; 2s when absent
	SessionTimeout Duration `toml:"session_timeout"` // druid.zk.service.sessionTimeoutMs; 30s when absent
}

// Metadata is the store of segments, rules, tasks, locks, configuration and audit.
type Metadata struct {
	Kind    string `toml:"kind"`    // sqlite or postgresql, with Druid's own tables; sqlite when absent
	Connect string `toml:"connect"` // postgresql only: postgresql://user:password@host:port/database
}

// DeepStorage is where published segments lie.
type DeepStorage struct {
	Kind string `toml:"kind"` // local, a directory under the data directory, is the only kind; local when absent
}

// Defaults hold for every role that does not say otherwise.
type Defaults struct {
	LogLevel   string            `toml:"log_level"`  // trace, debug, info, warn, error or off; info when absent
	Announcer  string            `toml:"announcer"`  // how segments are announced: legacy (a znode each under servedSegments), batch (segments, as 0.14 writes) or both; both when absent
	ServerView string            `toml:"serverview"` // which form coordinator and broker watch: batch or legacy; batch when absent
	Properties map[string]string `toml:"properties"` // Druid's own names, for every role
}

// Role is one node, or several of the same kind. It is wide because it is a table of the file:
// each key is a field.
type Role struct {
	Kind       string            `toml:"kind"`       // coordinator, overlord, historical, realtime, middlemanager or broker
	Count      int               `toml:"count"`      // nodes, as many as files and ports (1 each, 2 with an external ZooKeeper) and memory (250 KiB each) allow; not together with name; 1 when absent
	Name       []string          `toml:"name"`       // of its nodes; kind-1, kind-2, … when absent
	Port       int               `toml:"port"`       // of the first node, the next ones count up; at 0 the system assigns them; 0 when absent
	Tier       string            `toml:"tier"`       // of a historical; _default_tier when absent
	Priority   int               `toml:"priority"`   // of a historical: a broker asks the highest; 0 when absent
	MaxSize    Size              `toml:"max_size"`   // of a historical: the bytes of its segments; 1GiB when absent
	Capacity   int               `toml:"capacity"`   // of a middlemanager: the tasks that it runs at a time; 2 when absent
	External   bool              `toml:"external"`   // a process of its own takes the seat: the one at port, else the first of the kind that comes; false when absent
	Host       string            `toml:"host"`       // external only: its druid.host, if it matters
	PIDFile    string            `toml:"pid_file"`   // external only: a file that names the process, which can be sent signals then; {name} in it is the node's name
	Museum     []string          `toml:"museum"`     // bugs of released Druids that its nodes have; oakmoot museum lists them
	Properties map[string]string `toml:"properties"` // Druid's own names, for these nodes
}

// DataSource is real rows, indexed by a task at the start, or segments without rows. It is
// wide because it is a table of the file: each key is a field.
type DataSource struct {
	Name               string     `toml:"name"`                // of the datasource
	Generate           Generate   `toml:"generate"`            // instead of an input and what is said of its rows
	Input              string     `toml:"input"`               // a file beside the topology; builtin:flights is the quickstart's
	Format             string     `toml:"format"`              // json, csv or tsv; json when absent
	Columns            []string   `toml:"columns"`             // of csv and tsv
	Timestamp          string     `toml:"timestamp"`           // the column or key that holds it
	TimestampFormat    string     `toml:"timestamp_format"`    // auto, iso, millis, posix or Joda-Time's pattern; auto when absent
	Dimensions         []string   `toml:"dimensions"`          // columns or keys; all that are no timestamp and no metric when absent
	Metrics            []Metric   `toml:"metrics"`             // aggregators
	SegmentGranularity string     `toml:"segment_granularity"` // the time that a segment covers; DAY when absent
	QueryGranularity   string     `toml:"query_granularity"`   // to which rows are rounded down; NONE when absent
	Rollup             *bool      `toml:"rollup"`              // whether rows of equal dimensions and time become one; true when absent
	Rules              []LoadRule `toml:"rules"`               // retention rules, the first that matches counts
}

// Generate is segments that are published at the start without any rows, for a cluster of
// a size that no rows would fit: historicals load and announce them, and read no file.
type Generate struct {
	Segments   int    `toml:"segments"`   // how many
	Size       Size   `toml:"size"`       // that each says it has; 500MiB when absent
	Partitions int    `toml:"partitions"` // of each interval; 1 when absent
	Start      string `toml:"start"`      // of the first interval; 2000-01-01 when absent
}

// Metric is an aggregator of a datasource.
type Metric struct {
	Type  string `toml:"type"`  // count, longSum, doubleMax, …: Druid's types
	Name  string `toml:"name"`  // of the column that it fills
	Field string `toml:"field"` // that it reads; a count reads none
}

// LoadRule is a retention rule in Druid's words.
type LoadRule struct {
	Type             string         `toml:"type"`             // loadForever, loadByInterval, loadByPeriod, dropForever, dropByInterval, dropByPeriod, dropBeforeByPeriod or a broadcast rule
	Interval         string         `toml:"interval"`         // of a rule by interval
	Period           string         `toml:"period"`           // of a rule by period
	IncludeFuture    *bool          `toml:"includeFuture"`    // of a rule by period: whether later segments match too
	TieredReplicants map[string]int `toml:"tieredReplicants"` // of a load rule: how many copies on which tier
}

// Stream is rows that arrive while the cluster runs, read by realtime nodes: replayed
// from a file at a rate, pushed over HTTP, or made up. Rows that are out of the window,
// as the rejection policy sees it, are dropped, as in Druid; old rows need "messageTime",
// which goes by the newest row, or shift. It is wide because it is a table of the file:
// each key is a field.
type Stream struct {
	DataSource         string     `toml:"datasource"`          // that the rows belong to
	Node               string     `toml:"node"`                // the realtime node that reads it; the first one when absent
	Source             string     `toml:"source"`              // replay, push or generator; push takes them at /druid/worker/v1/chat/DATASOURCE/push-events of the node
	Input              string     `toml:"input"`               // of a replay: a file; builtin:flights-later is the quickstart's
	Rate               float64    `toml:"rate"`                // rows a second of a replay or a generator; at 0 a replay is as fast as they are taken
	Shift              string     `toml:"shift"`               // "now" moves the first row of a replay to the start of the run, and all others with it; "arrival" gives each row the time of its arrival
	Repeat             bool       `toml:"repeat"`              // a replay starts again when it has ended, and "now" is shifted anew; false when absent
	Timestamp          string     `toml:"timestamp"`           // the key that holds it
	TimestampFormat    string     `toml:"timestamp_format"`    // as of a datasource; auto when absent
	Dimensions         []string   `toml:"dimensions"`          // as of a datasource
	Metrics            []Metric   `toml:"metrics"`             // aggregators
	SegmentGranularity string     `toml:"segment_granularity"` // the time that a segment covers; HOUR when absent
	Window             Duration   `toml:"window"`              // how late a row may be, and how long after its interval a segment is handed off; 10m when absent
	Persist            Duration   `toml:"persist"`             // how often rows go to the disk; 10m when absent
	Rejection          string     `toml:"rejection"`           // by which time rows are late: serverTime, messageTime (the newest row) or none; serverTime when absent
	Partition          int        `toml:"partition"`           // of its segments; 0 when absent
	Rules              []LoadRule `toml:"rules"`               // of the datasource; the default ones when absent
}

// Step is a fault, or an act of an operator, and when it happens. What it does is an
// action of the fault language: the whole of it in Do, "kill coordinator@leader for 20s",
// or the verb in Do and the rest in keys of their own. It is wide because it has a field
// for each key of the language; those of type any take a number or a text.
type Step struct {
	Name string `toml:"name"` // that conditions, events and verdicts call it by

	// When it happens: exactly one of At, Every and When.
	At          Span   `toml:"at"`                        // once, so long after ready
	Every       Span   `toml:"every"`                     // again and again
	When        string `toml:"when"`                      // at an event, or as a condition comes to hold
	After       Span   `toml:"after"`                     // how long after the event
	Skip        int    `toml:"skip"`                      // how many of its moments pass first; of an action that meets requests, how many of those
	Times       int    `toml:"times"`                     // how often; "when" alone is once, "every" alone without an end; or how many requests
	Until       string `toml:"until"`                     // a time since ready, or a condition, that ends the repetition
	Probability any    `toml:"probability" also:"chance"` // which share of its moments are taken, drawn from the seed: "30%" or 0.3
	Optional    bool   `toml:"optional"`                  // it may never take place; false when absent

	// What follows it.
	Then   string `toml:"then"`   // a condition that has to hold within a time after each time that the step is done
	Within Span   `toml:"within"` // the time that then has; 30s when absent

	// What it does, and to whom.
	Do        string   `toml:"do" also:"action,verb,fault"`     // the whole action, or its verb alone
	Target    string   `toml:"target"`                          // whom it is done to
	Between   []string `toml:"between" also:"to,and,with,peer"` // two selectors: the target, and what it is cut off from
	From      string   `toml:"from"`
	Direction string   `toml:"direction"`
	By        Span     `toml:"by"`
	Jitter    Span     `toml:"jitter"` // of a delay: up to how much later still; of other steps, up to how much later they happen
	For       Span     `toml:"for" also:"duration,lasts"`
	Rate      string   `toml:"rate"`
	Speed     any      `toml:"speed"`
	Ahead     Span     `toml:"ahead"`
	Behind    Span     `toml:"behind"`
	Op        string   `toml:"op"`
	Method    string   `toml:"method"`
	Path      string   `toml:"path"`
	Code      string   `toml:"code"`
	Status    any      `toml:"status"`
	Frames    any      `toml:"frames"`
	Share     any      `toml:"share"`
	Endpoint  any      `toml:"endpoint"`
	Count     any      `toml:"count"`
	Segments  any      `toml:"segments"`
	Rows      any      `toml:"rows"`
	Interval  string   `toml:"interval"`
	File      string   `toml:"file"`
	JSON      any      `toml:"json"` // what is sent: a text, or a table
}

// Expect is a condition on the cluster's state: exactly one of Always, Eventually and
// Never; or a query and the rows that a broker has to answer it with, eventually.
type Expect struct {
	Always     string `toml:"always"`      // must hold at every moment
	Eventually string `toml:"eventually"`  // must hold within a time
	Never      string `toml:"never"`       // must not hold at any moment
	Query      any    `toml:"query"`       // a native query: JSON in a text, or a table
	QueryFile  string `toml:"query_file"`  // or a file that holds it
	Answer     any    `toml:"answer"`      // all rows of the answer: JSON in a text, or an array
	AnswerFile string `toml:"answer_file"` // or a file that holds them
	Within     Span   `toml:"within"`      // of eventually and of a query: how long it may take; 30s when absent
	Since      string `toml:"since"`       // from when that counts: "ready", "step:NAME", or when the "last_fault" has ended; the last step when absent
}

// Invariants are what is checked in every run.
type Invariants struct {
	Off []string `toml:"off"` // names of those that are not checked
}
