// Package topology is the file that describes a cluster: its tables, how they are read,
// what they mean where they say nothing, and every mistake in them with its place. It
// starts nothing and knows no node that runs.
package topology

// Topology is a cluster as its TOML file describes it: who takes part, over which
// ZooKeeper, with which data, and what happens to whom and when. It is wide because it is
// the file: each table and key is a field.
type Topology struct {
	Schema       int          `toml:"schema"`
	Name         string       `toml:"name"`
	Seed         *int64       `toml:"seed"` // absent: drawn, and always printed
	RunFor       Span         `toml:"run_for"`
	End          string       `toml:"end"`           // "settled": when all steps are done and all expectations judged
	DruidVersion string       `toml:"druid_version"` // whose bytes are written; "0.14.0" when absent
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
	Mode           string   `toml:"mode"`    // "embedded" (when absent) or "external"
	Connect        string   `toml:"connect"` // external only: host:port[,host:port][/chroot]
	Base           string   `toml:"base"`    // druid.zk.paths.base, "/druid" when absent
	Listen         string   `toml:"listen"`  // embedded only, "127.0.0.1:0" when absent
	Servers        int      `toml:"servers"` // embedded endpoints over one state, 1 when absent
	Tick           Duration `toml:"tick"`
	SessionTimeout Duration `toml:"session_timeout"`
}

// Metadata is the store of segments, rules, tasks, locks, configuration and audit.
type Metadata struct {
	Kind    string `toml:"kind"`    // "sqlite" (when absent) or "postgresql"
	Connect string `toml:"connect"` // postgresql only: postgresql://user:password@host:port/database
}

// DeepStorage is where published segments lie.
type DeepStorage struct {
	Kind string `toml:"kind"` // "local" when absent
}

// Defaults hold for every role that does not say otherwise.
type Defaults struct {
	LogLevel   string            `toml:"log_level"`  // "info" when absent
	Announcer  string            `toml:"announcer"`  // both (when absent) | legacy | batch
	ServerView string            `toml:"serverview"` // batch (when absent) | legacy
	Properties map[string]string `toml:"properties"` // Druid's own names
}

// Role is one node, or several of the same kind. It is wide because it is a table of the file:
// each key is a field.
type Role struct {
	Kind       string            `toml:"kind"`
	Count      int               `toml:"count"` // 1 when absent; not together with Name
	Name       []string          `toml:"name"`  // absent: kind-1, kind-2, …
	Port       int               `toml:"port"`  // of the first node, the next ones count up; 0: the system assigns
	Tier       string            `toml:"tier"`
	Priority   int               `toml:"priority"`
	MaxSize    Size              `toml:"max_size"` // of a historical, "1GiB" when absent
	Capacity   int               `toml:"capacity"` // of a middlemanager, 2 when absent
	External   bool              `toml:"external"` // a process of its own takes the seat: the one at Port, else the first of the kind that comes
	Host       string            `toml:"host"`     // external only: its druid.host; absent: any
	PIDFile    string            `toml:"pid_file"` // external only: a file that names the process, which can be sent signals then; {name} is the node's name
	Museum     []string          `toml:"museum"`   // bugs of released Druids that its nodes have; `oakmoot museum` lists them
	Properties map[string]string `toml:"properties"`
}

// DataSource is real rows, indexed by a task at the start, or segments without rows. It is
// wide because it is a table of the file: each key is a field.
type DataSource struct {
	Name               string     `toml:"name"`
	Generate           Generate   `toml:"generate"` // instead of an input and what is said of its rows
	Input              string     `toml:"input"`    // a file; "builtin:flights" is the quickstart's
	Format             string     `toml:"format"`   // json (when absent) | csv | tsv
	Columns            []string   `toml:"columns"`
	Timestamp          string     `toml:"timestamp"`
	TimestampFormat    string     `toml:"timestamp_format"` // auto when absent
	Dimensions         []string   `toml:"dimensions"`
	Metrics            []Metric   `toml:"metrics"`
	SegmentGranularity string     `toml:"segment_granularity"` // DAY when absent
	QueryGranularity   string     `toml:"query_granularity"`   // NONE when absent
	Rollup             *bool      `toml:"rollup"`              // true when absent
	Rules              []LoadRule `toml:"rules"`
}

// Generate is segments that are published at the start without any rows, for a cluster of
// a size that no rows would fit: historicals load and announce them, and read no file.
type Generate struct {
	Segments   int    `toml:"segments"`
	Size       Size   `toml:"size"`       // that each says it has, "500MiB" when absent
	Partitions int    `toml:"partitions"` // of each interval, 1 when absent
	Start      string `toml:"start"`      // of the first interval, "2000-01-01" when absent
}

// Metric is an aggregator of a datasource.
type Metric struct {
	Type  string `toml:"type"`
	Name  string `toml:"name"`
	Field string `toml:"field"`
}

// LoadRule is a retention rule in Druid's words.
type LoadRule struct {
	Type             string         `toml:"type"`
	Interval         string         `toml:"interval"`
	Period           string         `toml:"period"`
	IncludeFuture    *bool          `toml:"includeFuture"`
	TieredReplicants map[string]int `toml:"tieredReplicants"`
}

// Stream is rows that arrive while the cluster runs, read by realtime nodes: replayed
// from a file at a rate, pushed over HTTP, or made up. Rows that are out of the window,
// as the rejection policy sees it, are dropped, as in Druid; old rows need "messageTime",
// which goes by the newest row, or shift. It is wide because it is a table of the file:
// each key is a field.
type Stream struct {
	DataSource         string   `toml:"datasource"`
	Node               string   `toml:"node"`   // the realtime node that reads it; absent: the first one
	Source             string   `toml:"source"` // replay | push | generator
	Input              string   `toml:"input"`  // of a replay: a file; "builtin:flights-later" is the quickstart's
	Rate               float64  `toml:"rate"`   // rows a second of a replay or generator; of a replay, 0 is as fast as they are taken
	Shift              string   `toml:"shift"`  // of a replay: "now" moves the first row's time to the start's, and all others with it
	Timestamp          string   `toml:"timestamp"`
	TimestampFormat    string   `toml:"timestamp_format"`
	Dimensions         []string `toml:"dimensions"`
	Metrics            []Metric `toml:"metrics"`
	SegmentGranularity string   `toml:"segment_granularity"`
	Window             Duration `toml:"window"`
	Persist            Duration `toml:"persist"`
	Rejection          string   `toml:"rejection"` // serverTime (when absent) | messageTime | none
	Partition          int      `toml:"partition"`
}

// Step is a fault, or an act of an operator, and when it happens. What it does is an
// action of the fault language: the whole of it in Do, "kill coordinator@leader for 20s",
// or the verb in Do and the rest in keys of their own. It is wide because it has a field
// for each key of the language; those of type any take a number or a text.
type Step struct {
	Name string `toml:"name"`

	// When it happens: exactly one of At, Every and When.
	At          Span   `toml:"at"`    // since ready
	Every       Span   `toml:"every"` // again and again
	When        string `toml:"when"`  // an event, or a condition that comes to hold
	After       Span   `toml:"after"` // the event
	Skip        int    `toml:"skip"`  // how many of its moments pass first; of an action that meets requests, how many of those
	Times       int    `toml:"times"` // how often; "when" alone is once, "every" alone without an end; or how many requests
	Until       string `toml:"until"` // a time since ready, or a condition
	Probability any    `toml:"probability" also:"chance"`
	Optional    bool   `toml:"optional"` // it may never take place

	// What follows it.
	Then   string `toml:"then"`
	Within Span   `toml:"within"` // "30s" when absent

	// What it does, and to whom.
	Do        string   `toml:"do" also:"action,verb,fault"`
	Target    string   `toml:"target"`
	Between   []string `toml:"between" also:"to,and,with,peer"` // the target, and what it is cut off from
	From      string   `toml:"from"`
	Direction string   `toml:"direction"`
	By        Span     `toml:"by"`
	Jitter    Span     `toml:"jitter"` // of a delay; of other steps, up to how much later they happen
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
	JSON      any      `toml:"json"` // a text, or a table
}

// Expect is a condition on the cluster's state: exactly one of Always, Eventually and
// Never; or a query and the rows that a broker has to answer it with, eventually.
type Expect struct {
	Always     string `toml:"always"`
	Eventually string `toml:"eventually"`
	Never      string `toml:"never"`
	Query      any    `toml:"query"`       // a native query: JSON in a text, or a table
	QueryFile  string `toml:"query_file"`  // or a file that holds it
	Answer     any    `toml:"answer"`      // all rows of the answer: JSON in a text, or an array
	AnswerFile string `toml:"answer_file"` // or a file that holds them
	Within     Span   `toml:"within"`
	Since      string `toml:"since"`
}

// Invariants are what is checked in every run.
type Invariants struct {
	Off []string `toml:"off"` // the names of those that are not
}
