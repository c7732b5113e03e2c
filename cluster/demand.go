package cluster

import (
	"fmt"
	"slices"
	"strings"

	"oakmoot/internal/run/machine"
	"oakmoot/internal/stage/kinds"
	"oakmoot/topology"
)

// What a run needs at the least, as BenchmarkHistoricals measures it, which says what it
// comes to with the garbage that Go leaves lying about.
const (
	bytesOfARun      = 32 << 20
	bytesOfANode     = 200 << 10
	bytesOfAFollowed = 32 << 10 // data server, to each coordinator and broker

	filesOfARun  = 24
	filesOfANode = 1 // it listens
	portsOfANode = 1 // for the same
)

// demand is what nodes need of the machine.
type demand struct {
	embedded             bool // ZooKeeper runs here too
	nodes                int64
	files, ports, memory int64
	served, followers    int64
}

// demandOf is what a run needs that has these places.
func demandOf(places []topology.Place, embedded bool) demand {
	d := demand{embedded: embedded, files: filesOfARun, memory: bytesOfARun}
	for _, p := range places {
		d.add(p, 1)
	}
	d.memory += d.served * d.followers * bytesOfAFollowed
	return d
}

// add adds nodes like one.
func (d *demand) add(p topology.Place, nodes int64) {
	if kinds.Of(p.Role.Kind).Serves() {
		d.served += nodes
	}
	if p.Role.External {
		return
	}
	if p.Role.Kind == "broker" || p.Role.Kind == "coordinator" {
		d.followers += nodes
	}
	d.nodes += nodes
	d.files += nodes * filesOfANode
	d.ports += nodes * portsOfANode
	if !d.embedded { // else it is connected in memory
		d.files += nodes
		d.ports += nodes
	}
	if p.Port != 0 {
		d.ports -= nodes // it has been given one
	}
	d.memory += nodes * bytesOfANode
}

// check says what there is too little of; nil if there is enough, or nobody knows.
func (d demand) check(there machine.Spare) error {
	var lacks []string
	lack := func(needed, there int64, format string, args ...any) {
		if there != machine.Unknown && needed > there {
			lacks = append(lacks, fmt.Sprintf(format, args...))
		}
	}
	lack(d.files, there.Files, "%d open files, and there can be %d more (ulimit -n)", d.files, there.Files)
	lack(d.ports, there.Ports, "%d ports, and the system gives out %d", d.ports, there.Ports)
	lack(d.memory, there.Memory, "%s of memory, and there are %s", mebibytes(d.memory), mebibytes(there.Memory))
	if len(lacks) == 0 {
		return nil
	}
	return &unavailable{fmt.Errorf("%d nodes need at least %s", d.nodes, strings.Join(lacks, "; and "))}
}

func mebibytes(bytes int64) string { return fmt.Sprintf("%d MiB", bytes>>20) }

// spare is what the machine has left for a run with these options.
func (o options) spare() machine.Spare {
	there := machine.Now
	if o.machine != nil {
		there = o.machine
	}
	spare := there()
	if o.memory {
		spare.Files, spare.Ports = machine.Unknown, machine.Unknown
	}
	return spare
}

// affordable checks that the machine has what a run of the topology needs.
func (c *Cluster) affordable() error {
	return demandOf(slices.Concat(c.topo.Places(), c.topo.ScaledPlaces()), c.topo.ZooKeeper.Mode != "external").check(c.opts.spare())
}

// affordMore checks that the machine has what further nodes of a kind need.
func (s *site) affordMore(kind string, nodes int) error {
	d := demand{embedded: s.zookeeper.server != nil}
	d.add(topology.Place{Role: Role{Kind: kind}}, int64(nodes))
	return d.check(s.opts.spare())
}
