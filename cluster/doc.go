// Package cluster runs a whole Druid control plane in this process: it builds
// nodes from a topology, runs each under a supervisor, carries out kills,
// restarts and faults, and shows what the cluster looks like.
//
// A Cluster owns every goroutine, file and port that it needs; all are gone when
// Run returns. Nothing is global: any number of clusters run side by side.
//
// # In a test
//
// RunT runs a topology for the length of a test. Quickstart has rows and two of most
// roles, Small one of each role and no rows; LoadFile reads a file, and a Topology can be
// written in Go as well.
//
//	c := cluster.RunT(t, cluster.Small())
//
// In a testing/synctest bubble, with the option InMemory, nothing takes real time and no
// socket is opened: a session timeout of half a minute passes in milliseconds.
//
//	synctest.Test(t, func(t *testing.T) {
//		c := cluster.RunT(t, cluster.Quickstart(), cluster.InMemory())
//		…
//	})
//
// A program calls New, runs Run in a goroutine, and waits for Ready.
//
// # Making things happen
//
// Do carries out an action of the fault language, Inject gives back how to undo it, and
// Kill, Start and Restart are short for the commonest. An action is a verb, whom it is done
// to, and clauses; one without a duration lasts until it is healed:
//
//	kill coordinator@leader for 20s
//	partition historical-1 from zookeeper
//	zk_drop_reply coordinator@leader op create path /druid/loadQueue/** times 1
//	publish flights segments 100
//	heal
//
// The reference of all verbs and clauses is what "oakmoot verbs" prints. Steps of a
// Topology do the same at a time, at an event, or when a condition comes to hold.
//
// # Selectors
//
// Whom an action is done to is a selector:
//
//	historical-1               the node of that name
//	historical                 every node of the kind
//	historical.hot-*           those of a kind whose names match
//	coordinator@leader         the one that leads; for coordinator and overlord
//	coordinator@follower       those that run and do not lead
//	historical@any             one of the kind, drawn from the seed; @all is every one
//	*                          every node
//	zookeeper                  ZooKeeper itself, where a verb separates nodes from it
//	historical, !historical-1  a comma joins, and ! takes away
//
// # Conditions
//
// WaitFor waits until a condition holds; expectations of a Topology are conditions too.
// Functions are numbers. They are compared with == != < <= > >=, calculated with + - *, and
// joined by and, or, not and parentheses. All of a condition sees the cluster at the same
// moment.
//
//	leaders(KIND)        who lead: ZooKeeper shows it, and they run and reach it
//	candidates(KIND)     who take part in the election
//	up(SELECTOR)         nodes that serve
//	announced(SELECTOR)  nodes that announce themselves in ZooKeeper
//	lingering(SELECTOR)  nodes of which ZooKeeper still shows what a life that is over left
//	sessions()           ZooKeeper sessions of those who take part
//	used(DATASOURCE)     used segments in the metadata store
//	served(DATASOURCE)   distinct segments that historicals announce
//	realtime(DATASOURCE) distinct segments that realtime nodes announce
//	replicas(DATASOURCE) segment announcements of historicals, each replica counted
//	segments(SERVER)     segments that the selected servers announce
//	tasks(STATE)         tasks in the state, or all of them for *
//	queued()             load queue entries
//	znodes(PATH)         znodes whose path matches: * is within a part, /** is all below
//	failovers(KIND)      how often somebody led the kind after nobody did, or after another
//	failover(KIND)       the longest time for which nobody led it, in seconds
//	rows(DATASOURCE)     rows that a broker answers with
//	query(QUESTION)      what a broker answers: query("sum of delay of flights")
//	faults()             armed faults
//	done(STEP)           how often a step of the topology has been carried out
//
// # Rows, tasks, queries
//
// Ingest indexes Go values, Submit hands any task to the leading overlord, and Query asks a
// broker a native query. DialZK and HTTPClient let clients of your own join, in memory too.
//
// # Seeing what happened
//
// Status is the cluster now, Tree the znodes, and Trace the protocol steps in Druid's
// words. The option Record writes all steps to a file, from which "oakmoot explain" tells
// causes afterwards. The option control.On opens the control address, so that the oakmoot
// command and the page work with your cluster.
package cluster
