package cluster

import "context"

// Do carries out an action such as "kill coordinator@leader for 20s", and returns
// the fault: with an id when it lasts until it is healed.
func (c *Cluster) Do(ctx context.Context, expression string) (Fault, error) {
	return c.director.do(ctx, expression, c.universe())
}

// Kill ends the selected nodes without a goodbye, as kill -9 would: their
// ephemerals live until their sessions time out. The selector is of the fault
// language, for example "coordinator@leader".
func (c *Cluster) Kill(ctx context.Context, selector string) error {
	_, err := c.Do(ctx, "kill "+selector)
	return err
}

// Start starts the selected nodes that were killed or stopped.
func (c *Cluster) Start(ctx context.Context, selector string) error {
	_, err := c.Do(ctx, "start "+selector)
	return err
}

// Restart stops the selected nodes as SIGTERM would, and starts them again.
func (c *Cluster) Restart(ctx context.Context, selector string) error {
	_, err := c.Do(ctx, "restart "+selector)
	return err
}

// Inject carries out any action of the fault language, for example
// "partition historical from zookeeper for 5s", and returns how to heal it. Healing
// a single shot, or twice, does nothing.
func (c *Cluster) Inject(ctx context.Context, action string) (undo func(context.Context) error, err error) {
	f, err := c.Do(ctx, action)
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context) error {
		return c.director.undo(ctx, func(g *armedFault) bool { return f.ID != "" && g.ID == f.ID })
	}, nil
}
