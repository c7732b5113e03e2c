package announce

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/hashicorp/go-hclog"

	"oakmoot/internal/druid"
	"oakmoot/internal/zk/zkconn"
	"oakmoot/internal/zk/zkpath"
)

// localAddress is what Curator writes into a node that is created without data: the
// machine's address. Nobody reads it.
var localAddress = []byte("127.0.0.1")

// keeper is what Run owns.
type keeper struct {
	zc      zkconn.Conn
	log     hclog.Logger
	parents map[string]*parent
	made    []string // parents that were created here and are removed at the end

	sentries *sentries
	forgets  bool // Announcer.ForgetsWhatIsGone
}

func newKeeper(ctx context.Context, zc zkconn.Conn, log hclog.Logger) *keeper {
	return &keeper{zc: zc, log: log, parents: map[string]*parent{}, sentries: newSentries(ctx, zc, log)}
}

// parent is a directory with announcements.
type parent struct {
	nodes   map[string][]byte // child name → data, packed
	watched map[string]bool   // those that a sentry watches
	lost    map[string]bool   // to be created again when there is a connection
}

// announce may find the same announcement in place: then only one that could not be
// created before is tried again.
func (k *keeper) announce(ctx context.Context, path string, data []byte, removeParent bool) error {
	dir, name := zkpath.Parent(path), zkpath.Name(path)
	p := k.parents[dir]
	if p == nil {
		p = k.adopt(ctx, dir, removeParent)
	}
	old, known := p.nodes[name]
	switch {
	case known && !bytes.Equal(druid.Gunzip(old), data):
		return fmt.Errorf("announce %s: cannot reannounce different values under the same path", path)
	case known && !p.lost[name]:
		return nil
	}
	p.nodes[name] = druid.Gzip(data)
	return k.create(ctx, p, path)
}

// adopt begins to look after a directory, which is created if it is missing.
func (k *keeper) adopt(ctx context.Context, dir string, remove bool) *parent {
	p := &parent{nodes: map[string][]byte{}, watched: map[string]bool{}, lost: map[string]bool{}}
	k.parents[dir] = p
	if made, err := k.ensure(ctx, dir); err != nil {
		k.log.Warn("parent of announcements not created", "path", dir, "error", err)
	} else if made && remove {
		k.made = append(k.made, dir)
	}
	return p
}

func (k *keeper) ensure(ctx context.Context, dir string) (made bool, err error) {
	stat, err := k.zc.Exists(ctx, dir)
	if err != nil || stat != nil {
		return false, err
	}
	_, err = k.zc.CreateParents(ctx, dir, localAddress, zkconn.Persistent)
	if errors.Is(err, zkconn.ErrNodeExists) {
		return false, nil
	}
	return err == nil, err
}

// create makes the node for an announcement. If that fails, it is tried again when the
// connection is back.
func (k *keeper) create(ctx context.Context, p *parent, path string) error {
	name := zkpath.Name(path)
	_, err := k.zc.CreateParents(ctx, path, p.nodes[name], zkconn.Ephemeral)
	if errors.Is(err, zkconn.ErrNodeExists) {
		err = nil // from an earlier session: its removal will be seen
	}
	if err != nil {
		p.lost[name] = true
		return err
	}
	k.watch(p, path)
	return nil
}

func (k *keeper) update(ctx context.Context, path string, data []byte) error {
	p := k.parents[zkpath.Parent(path)]
	if p == nil {
		return fmt.Errorf("update %s: not announced", path)
	}
	old, ok := p.nodes[zkpath.Name(path)]
	if !ok {
		return fmt.Errorf("update %s: not announced", path)
	}
	packed := druid.Gzip(data)
	if bytes.Equal(old, packed) {
		return nil
	}
	p.nodes[zkpath.Name(path)] = packed
	_, err := k.zc.Set(ctx, path, packed, -1)
	if errors.Is(err, zkconn.ErrNoNode) {
		return nil // removed by somebody: it will be created again with the new data
	}
	return err
}

func (k *keeper) unannounce(ctx context.Context, path string) error {
	p := k.parents[zkpath.Parent(path)]
	if p == nil {
		return nil
	}
	if _, ok := p.nodes[zkpath.Name(path)]; !ok {
		return nil
	}
	delete(p.nodes, zkpath.Name(path))
	if err := k.zc.DeleteAll(ctx, path); err != nil && !errors.Is(err, zkconn.ErrNoNode) {
		return err
	}
	return nil
}

// react creates everything again after a lost session.
func (k *keeper) react(ctx context.Context, state zkconn.State) {
	if k.forgets {
		return
	}
	for _, dir := range slices.Sorted(maps.Keys(k.parents)) {
		p := k.parents[dir]
		switch state {
		case zkconn.Lost:
			for name := range p.nodes {
				p.lost[name] = true
			}
		case zkconn.Connected, zkconn.Reconnected:
			lost := p.lost
			p.lost = map[string]bool{}
			for _, name := range slices.Sorted(maps.Keys(lost)) {
				k.again(ctx, p, name, zkpath.Join(dir, name))
			}
			for _, name := range slices.Sorted(maps.Keys(p.nodes)) {
				if !p.lost[name] {
					k.watch(p, zkpath.Join(dir, name)) // one that was refused
				}
			}
		}
	}
}

// again creates a node that is still announced.
func (k *keeper) again(ctx context.Context, p *parent, name, path string) {
	if _, ok := p.nodes[name]; !ok {
		return
	}
	if err := k.create(ctx, p, path); err != nil && ctx.Err() == nil {
		k.log.Warn("not announced again", "path", path, "error", err)
	}
}

// leave withdraws everything that is announced, and removes the parents created here,
// all or none of them, as Announcer.stop does.
func (k *keeper) leave(ctx context.Context) {
	for _, dir := range slices.Sorted(maps.Keys(k.parents)) {
		for _, name := range slices.Sorted(maps.Keys(k.parents[dir].nodes)) {
			if err := k.unannounce(ctx, zkpath.Join(dir, name)); err != nil {
				k.log.Debug("not withdrawn", "path", zkpath.Join(dir, name), "error", err)
				if ctx.Err() != nil {
					return
				}
			}
		}
	}
	if len(k.made) > 0 {
		if err := k.zc.DeleteAll(ctx, k.made...); err != nil {
			k.log.Debug("parents not removed", "paths", k.made, "error", err)
		}
	}
}
