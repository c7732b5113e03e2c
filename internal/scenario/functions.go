package scenario

// Function is a function of conditions; its result is a number.
type Function struct {
	Name string
	Args []ArgKind
	Does string
}

// ArgKind is what an argument of a function means.
type ArgKind string

// Kinds of arguments.
const (
	ArgKindName   ArgKind = "kind"       // coordinator or overlord
	ArgSelector   ArgKind = "selector"   // nodes
	ArgDataSource ArgKind = "datasource" // a datasource, or *
	ArgState      ArgKind = "task state" // RUNNING, SUCCESS, FAILED, WAITING, PENDING
	ArgTask       ArgKind = "task"       // a task id, or a pattern of ids
	ArgServer     ArgKind = "server"     // selector of data servers
)

// Functions is every function of conditions.
var Functions = []Function{
	{"leaders", []ArgKind{ArgKindName}, "nodes of the kind that act as leader, as far as ZooKeeper can tell"},
	{"candidates", []ArgKind{ArgKindName}, "nodes of the kind that take part in the election"},
	{"up", []ArgKind{ArgSelector}, "selected nodes that serve"},
	{"announced", []ArgKind{ArgSelector}, "selected nodes that announce themselves in ZooKeeper"},
	{"sessions", nil, "ZooKeeper sessions of the cluster's nodes"},
	{"used", []ArgKind{ArgDataSource}, "used segments in the metadata store"},
	{"served", []ArgKind{ArgDataSource}, "distinct segments that historicals announce"},
	{"realtime", []ArgKind{ArgDataSource}, "distinct segments that realtime nodes announce"},
	{"replicas", []ArgKind{ArgDataSource}, "segment announcements of historicals, each replica counted"},
	{"segments", []ArgKind{ArgServer}, "segments that the selected servers announce"},
	{"tasks", []ArgKind{ArgState}, "tasks in the state, or all of them for *"},
	{"queued", nil, "load queue entries"},
	{"faults", nil, "armed faults"},
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
