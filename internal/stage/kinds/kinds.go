// Package kinds is the table of the kinds of nodes: everything that is special to one of them, except how to run it.
// Nothing else in internal/stage compares a kind's name.
package kinds

import (
	"slices"
	"strings"

	"oakmoot/internal/druid"
	"oakmoot/internal/stage/scenario"
)

// Kind is what is known of the nodes of one kind. It is wide because everything that is
// special to a kind is in its row.
type Kind struct {
	Name     string
	Plural   string         // in messages
	Service  string         // druid.service
	Command  string         // what Druid's command line calls it
	Port     int            // druid.plaintextPort in Druid's documentation
	NodeType druid.NodeType // "" for a kind that internal-discovery does not have
	Elects   bool           // its nodes elect a leader

	// ServerType is the type in its DruidServerMetadata, "" for a kind whose nodes serve no segments.
	ServerType  string
	Keys        []string // the keys of [[role]] that only some kinds have
	Outside     bool     // always an external process: none of our roles plays it
	Store       bool     // it reads or writes the metadata store
	StartsDerby bool     // the process that starts Derby's server: io.druid.metadata.storage.derby.DerbyMetadataStorage

	ReadsStreams bool
	Indexing     string // what would not happen to a [[datasource]] without one, or ""
	Serving      string // what would not happen to generated segments without one, or ""
	Streaming    string // what would not happen to a [[stream]] without one, or ""
}

// Keys of [[role]] that only some kinds have.
const (
	KeyTier     = "tier"
	KeyPriority = "priority"
	KeyMaxSize  = "max_size"
	KeyCapacity = "capacity"
)

// all are the kinds. The first one in this order that a topology lacks is reported.
var all = []Kind{
	{
		Name: "realtime", Plural: "realtime nodes", Service: "druid/realtime", Command: "realtime", Port: 8084,
		ServerType: druid.TypeRealtime, Keys: []string{KeyTier, KeyPriority}, Store: true, ReadsStreams: true,
		Streaming: "nobody would read it",
	},
	{
		Name: "coordinator", Plural: "coordinators", Service: "druid/coordinator", Command: "coordinator", Port: 8081,
		NodeType: druid.Coordinator, Elects: true, Store: true, StartsDerby: true,
		Indexing: nobodyIndexes, Serving: "nobody would have its segments loaded", Streaming: "nothing would be handed off",
	},
	{
		Name: "overlord", Plural: "overlords", Service: "druid/overlord", Command: "overlord", Port: 8090,
		NodeType: druid.Overlord, Elects: true, Store: true,
		Indexing: nobodyIndexes,
	},
	{
		Name: "middlemanager", Plural: "middlemanagers", Service: "druid/middleManager", Command: "middleManager", Port: 8091,
		NodeType: druid.MiddleManager, Keys: []string{KeyCapacity},
		Indexing: nobodyIndexes,
	},
	{
		Name: "historical", Plural: "historicals", Service: "druid/historical", Command: "historical", Port: 8083,
		NodeType: druid.Historical, ServerType: druid.TypeHistorical, Keys: []string{KeyTier, KeyPriority, KeyMaxSize},
		Serving: "nobody would serve its segments",
	},
	{
		Name: "broker", Plural: "brokers", Service: "druid/broker", Command: "broker", Port: 8082,
		NodeType: druid.Broker,
	},
	{
		Name: "router", Plural: "routers", Service: "druid/router", Command: "router", Port: 8888,
		NodeType: druid.Router, Outside: true,
	},
}

const nobodyIndexes = "nobody would index it"

// All are the kinds; do not modify the slice.
func All() []Kind { return all }

// Of is the kind with a name, or the zero Kind.
func Of(name string) Kind {
	if i := slices.IndexFunc(all, func(k Kind) bool { return k.Name == name }); i >= 0 {
		return all[i]
	}
	return Kind{}
}

// Names are the sorted names of the kinds for which a condition holds.
func Names(which func(Kind) bool) []string {
	return named(which, func(k Kind) string { return k.Name })
}

// named are names of the kinds that are wanted, sorted by the kinds' names.
func named(which func(Kind) bool, what func(Kind) string) []string {
	sorted := slices.SortedFunc(slices.Values(all), func(a, b Kind) int { return strings.Compare(a.Name, b.Name) })
	words := []string{}
	for _, k := range sorted {
		if which(k) {
			words = append(words, what(k))
		}
	}
	return words
}

// Plurals lists the kinds for which a condition holds, for people: "historicals and
// realtime nodes".
func Plurals(which func(Kind) bool) string {
	return strings.Join(named(which, func(k Kind) string { return k.Plural }), " and ")
}

// Has reports whether a key of [[role]] means something for the kind.
func (k Kind) Has(key string) bool { return slices.Contains(k.Keys, key) }

// Serves reports whether nodes of the kind announce a server with segments.
func (k Kind) Serves() bool { return k.ServerType != "" }

// Universe is what names can mean among the nodes of a cluster.
func Universe(nodes []scenario.Node) scenario.Universe {
	return scenario.Universe{
		Kinds: Names(func(Kind) bool { return true }),
		Elect: Names(func(k Kind) bool { return k.Elects }),
		Serve: Names(Kind.Serves),
		Nodes: nodes,
	}
}
