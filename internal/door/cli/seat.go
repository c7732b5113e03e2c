package cli

import (
	"context"
	"errors"
	"path/filepath"

	"oakmoot/cluster"
)

// seatCommand prints what a real Druid process needs to take a node's place.
type seatCommand struct {
	remote
	Name string `arg:"" complete:"node" help:"Node of the topology."`
	File string `help:"Topology file, instead of the running cluster; its ZooKeeper needs a port." type:"path" placeholder:"F"`
	Data string `help:"With --file: the directory that the cluster will be run with." type:"path" placeholder:"DIR"`
	JSON bool   `help:"Print as JSON."`
}

// Run prints a runtime.properties file, with comments on how to start the process.
func (c *seatCommand) Run(ctx context.Context, s streams) error {
	seat, err := c.seat(ctx, s)
	if err != nil {
		return err
	}
	if c.JSON {
		return printJSON(s.out, seat)
	}
	_, err = seat.WriteTo(s.out)
	return err
}

func (c *seatCommand) seat(ctx context.Context, s streams) (cluster.Seat, error) {
	if c.File == "" {
		return answered(c.remote, s, func() (cluster.Seat, error) { return c.client().Seat(ctx, c.Name) })
	}
	topo, err := loadTopology(c.File)
	if err != nil {
		return cluster.Seat{}, err
	}
	data := c.Data
	if data != "" {
		if data, err = filepath.Abs(data); err != nil {
			return cluster.Seat{}, err
		}
	}
	seat, err := cluster.SeatIn(topo, c.Name, data)
	var wrong *cluster.TopologyError
	if err != nil && !errors.As(err, &wrong) {
		err = &badInput{err}
	}
	return seat, err
}
