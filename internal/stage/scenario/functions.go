package scenario

// Function is a function of conditions; its result is a number.
type Function struct {
	Name  string
	Args  []ArgKind
	Reads Source // beside what its selectors read
	Does  string
}

// ArgKind is what an argument of a function means.
type ArgKind string

// Kinds of arguments.
const (
	ArgKindName   ArgKind = "kind"       // coordinator or overlord
	ArgSelector   ArgKind = "selector"   // nodes
	ArgDataSource ArgKind = "datasource" // a datasource, or *
	ArgState      ArgKind = "task state" // RUNNING, SUCCESS or FAILED, or *
	ArgServer     ArgKind = "server"     // selector of data servers
	ArgPath       ArgKind = "path"       // pattern of znodes' paths
	ArgQuestion   ArgKind = "question"   // that a broker answers, such as "sum of delay of flights"
	ArgStep       ArgKind = "step"       // the name of a step
)

// Source is what has to be read of a cluster to answer functions; a set of them is
// their sum.
type Source int

// Sources. What is known of the nodes and of the armed faults is always at hand.
const (
	FromZooKeeper Source = 1 << iota
	FromStore
	FromBroker
)

// Functions is every function of conditions. What a dead node has left in ZooKeeper
// counts in lingering alone.
var Functions = []Function{
	{"leaders", []ArgKind{ArgKindName}, FromZooKeeper, "nodes of the kind that lead: ZooKeeper shows it, and they run and reach it"},
	{"candidates", []ArgKind{ArgKindName}, FromZooKeeper, "nodes of the kind that take part in the election"},
	{"up", []ArgKind{ArgSelector}, 0, "selected nodes that serve"},
	{"announced", []ArgKind{ArgSelector}, FromZooKeeper, "selected nodes that announce themselves in ZooKeeper"},
	{"lingering", []ArgKind{ArgSelector}, FromZooKeeper, "selected nodes of which ZooKeeper still shows what they announced in a life or session that is over"},
	{"sessions", nil, FromZooKeeper, "ZooKeeper sessions of those who take part"},
	{"used", []ArgKind{ArgDataSource}, FromStore, "used segments in the metadata store"},
	{"served", []ArgKind{ArgDataSource}, FromZooKeeper, "distinct segments that historicals announce"},
	{"realtime", []ArgKind{ArgDataSource}, FromZooKeeper, "distinct segments that realtime nodes announce"},
	{"replicas", []ArgKind{ArgDataSource}, FromZooKeeper, "segment announcements of historicals, each replica counted"},
	{"segments", []ArgKind{ArgServer}, FromZooKeeper, "segments that the selected servers announce"},
	{"tasks", []ArgKind{ArgState}, FromStore, "tasks in the state, or all of them for *"},
	{"queued", nil, FromZooKeeper, "load queue entries"},
	{"znodes", []ArgKind{ArgPath}, FromZooKeeper, "znodes of Druid's layout whose path matches: * is within a part, /** is all below"},
	{"failovers", []ArgKind{ArgKindName}, FromZooKeeper, "how often somebody led the kind after nobody did, or after another"},
	{"failover", []ArgKind{ArgKindName}, FromZooKeeper, "the longest time for which nobody led the kind after somebody did, in seconds"},
	{"rows", []ArgKind{ArgDataSource}, FromBroker, "rows of the datasource that a broker answers with"},
	{"query", []ArgKind{ArgQuestion}, FromBroker, `what a broker answers: query("count of flights"), query("sum of delay of flights"), min and max likewise`},
	{"faults", nil, 0, "armed faults"},
	{"done", []ArgKind{ArgStep}, 0, "how often a step of the topology has been carried out"},
}

// FindFunction is the function of a name.
func FindFunction(name string) (Function, bool) {
	for _, f := range Functions {
		if f.Name == name {
			return f, true
		}
	}
	return Function{}, false
}

func functionNames() []string {
	names := make([]string, len(Functions))
	for i, f := range Functions {
		names[i] = f.Name
	}
	return names
}

// TaskStates are the arguments of tasks().
var TaskStates = []string{"RUNNING", "SUCCESS", "FAILED", "*"}
