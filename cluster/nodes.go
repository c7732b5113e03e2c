package cluster

import (
	"context"
	"fmt"
	"slices"

	"oakmoot/internal/stage/kinds"
	"oakmoot/internal/stage/observe"
	"oakmoot/internal/stage/scenario"
)

// nodes are all places of a cluster, in the order of the topology.
type nodes []*node

// words are what is known of each, without ZooKeeper.
func (all nodes) words() []observe.Node {
	words := make([]observe.Node, len(all))
	for i, n := range all {
		words[i] = n.word()
	}
	return words
}

// seats are the external ones.
func (all nodes) seats() nodes {
	return slices.DeleteFunc(slices.Clone(all), func(n *node) bool { return !n.role.External })
}

// own are those that run in this process.
func (all nodes) own() nodes {
	return slices.DeleteFunc(slices.Clone(all), func(n *node) bool { return n.role.External })
}

// hosts are where they listen.
func (all nodes) hosts() map[string]bool {
	hosts := map[string]bool{}
	for _, n := range all {
		hosts[n.host()] = true
	}
	return hosts
}

// addresses are where each is found; of an empty seat nothing may be known.
func (all nodes) addresses() []NodeAddress {
	var list []NodeAddress
	for _, n := range all {
		list = append(list, NodeAddress{Name: n.name, Kind: n.kind, Host: n.host()})
	}
	return list
}

// unready are the names of those that have not been ready yet.
func (all nodes) unready() []string {
	var missing []string
	for _, n := range all {
		if !closed(n.ready) {
			missing = append(missing, n.name)
		}
	}
	return missing
}

// await returns once each has been ready, and each kind that elects has a leader, however
// long that takes: an external seat may be empty.
func (all nodes) await(ctx context.Context, o *observer) error {
	var elected []string
	for _, n := range all {
		if kinds.Of(n.kind).Elects && !slices.Contains(elected, n.kind) {
			elected = append(elected, n.kind)
		}
		select {
		case <-n.ready:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	for _, kind := range elected {
		led, err := scenario.ParseCondition(fmt.Sprintf("leaders(%s) == 1", kind))
		if err == nil {
			err = o.until(ctx, led)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// calmAtTheEnd ends whatever holds up their traffic once ctx ends, so that they can say
// goodbye.
func (all nodes) calmAtTheEnd(ctx context.Context) error {
	<-ctx.Done()
	for _, n := range all {
		n.link.Calm()
	}
	return nil
}

// close gives back the addresses that nobody came to use, and ends what a fault still
// holds up.
func (all nodes) close() {
	for _, n := range all {
		n.address.unbind()
		n.link.Cut()
	}
}
