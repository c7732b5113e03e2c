package discovery

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"

	"oakmoot/internal/druid"
	"oakmoot/internal/zk/zkconn"
	"oakmoot/internal/zk/zkpath"
)

// AnnounceService creates a process's entry in curator-x-discovery, registered now and not packed:
// CuratorServiceAnnouncer. As in Curator's ServiceDiscoveryImpl it is registered again
// whenever the connection comes back. withdraw ends that and deletes the entry; if its
// context ends first, the entry is deleted when the connection is back. All of it ends
// with the connection.
func AnnounceService(ctx context.Context, zc zkconn.Conn, paths zkpath.Paths, self druid.Node, service string, now time.Time) (withdraw func(context.Context) error, err error) {
	instance := druid.ServiceInstance{
		Name: druid.ServiceName(service), ID: uuid.NewString(), Address: self.Host, Port: self.PlaintextPort, SSLPort: -1,
		RegistrationTimeUTC: now.UnixMilli(),
	}
	data, err := druid.Marshal(instance)
	if err != nil {
		return nil, fmt.Errorf("service %s: %w", service, err)
	}
	e := entry{zc, paths.ServiceInstance(service, instance.ID), data}
	announced, end := context.WithCancel(context.WithoutCancel(ctx))
	detach := context.AfterFunc(ctx, end)
	registered, gone := make(chan error, 1), make(chan error, 1)
	go func() { gone <- e.live(announced, registered) }()
	err = <-registered
	detach()
	if err != nil {
		end()
		return nil, fmt.Errorf("service %s: %w", service, err)
	}
	return func(ctx context.Context) error {
		end()
		select {
		case err = <-gone:
		case <-ctx.Done():
			err = ctx.Err()
		}
		if err != nil {
			return fmt.Errorf("service %s: %w", service, err)
		}
		return nil
	}, nil
}

// entry is a service's instance.
type entry struct {
	zc   zkconn.Conn
	path string
	data []byte
}

// live registers the entry, keeps it until announced ends, and deletes it, even when it
// is unknown whether it was created.
func (e entry) live(announced context.Context, registered chan<- error) error {
	states, stop := e.zc.Listen()
	defer stop()
	err := e.register(announced)
	registered <- err
	for err == nil && announced.Err() == nil {
		select {
		case <-announced.Done():
		case state, ok := <-states:
			if !ok {
				return nil // the entry went with the connection
			}
			if state == zkconn.Reconnected && announced.Err() == nil {
				_ = e.register(announced) // the connection's retries were not enough: the next reconnection tries again
			}
		}
	}
	err = e.zc.Delete(context.WithoutCancel(announced), e.path, -1)
	if errors.Is(err, zkconn.ErrNoNode) || errors.Is(err, zkconn.ErrClosed) {
		return nil
	}
	return err
}

// registerAttempts is how often an entry that is in the way is replaced.
const registerAttempts = 2

// register creates the entry. An existing one, whose session may have ended, is
// replaced.
func (e entry) register(ctx context.Context) error {
	var err error
	for range registerAttempts {
		if _, err = e.zc.CreateParents(ctx, e.path, e.data, zkconn.Ephemeral); !errors.Is(err, zkconn.ErrNodeExists) {
			return err
		}
		if err := e.zc.Delete(ctx, e.path, -1); err != nil && !errors.Is(err, zkconn.ErrNoNode) {
			return err
		}
	}
	return err
}
