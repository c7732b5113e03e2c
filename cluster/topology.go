package cluster

import (
	"io"

	"oakmoot/topology"
)

// The tables of a topology, from package topology.
type (
	// Topology is a cluster as its TOML file describes it.
	Topology = topology.Topology
	// ZooKeeper says which ZooKeeper the cluster runs on.
	ZooKeeper = topology.ZooKeeper
	// Metadata is the store of segments, rules, tasks, locks, configuration and audit.
	Metadata = topology.Metadata
	// DeepStorage is where published segments lie.
	DeepStorage = topology.DeepStorage
	// Defaults apply to every role that does not say otherwise.
	Defaults = topology.Defaults
	// Role is one node, or several of the same kind.
	Role = topology.Role
	// DataSource is real rows, indexed by a task at the start, or segments without rows.
	DataSource = topology.DataSource
	// Generate is segments that are published at the start without any rows.
	Generate = topology.Generate
	// Metric is an aggregator of a datasource.
	Metric = topology.Metric
	// LoadRule is a retention rule in Druid's words.
	LoadRule = topology.LoadRule
	// Stream is rows that arrive while the cluster runs.
	Stream = topology.Stream
	// Step is a fault, or an act of an operator, and when it happens.
	Step = topology.Step
	// Expect is a condition on the cluster's state.
	Expect = topology.Expect
	// Duration is a duration with a unit, such as "30s".
	Duration = topology.Duration
	// Span is a duration, or a multiple of the session timeout.
	Span = topology.Span
	// Size is a number of bytes with a unit, such as "64MiB".
	Size = topology.Size
	// Mistake is something wrong in a topology, with its place in the file.
	Mistake = topology.Mistake
	// TopologyError is every mistake of a topology, in the order of the file.
	TopologyError = topology.Error
)

// ErrTopologyTooLong is in the chain of the error for a topology file that is too long.
var ErrTopologyTooLong = topology.ErrTooLong

// Load reads a topology in TOML: topology.Load.
func Load(r io.Reader) (Topology, error) { return topology.Load(r) }

// LoadFile reads a topology file: topology.LoadFile.
func LoadFile(path string) (Topology, error) { return topology.LoadFile(path) }

// Quickstart is the topology that runs when no file is given: topology.Quickstart.
func Quickstart() Topology { return topology.Quickstart() }
