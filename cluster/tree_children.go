package cluster

import (
	"cmp"
	"context"
	"fmt"
	"strings"

	"oakmoot/internal/stage/observe"
	"oakmoot/internal/stage/scenario"
)

// Children lists the children of a znode, each with how many children it has. The key of a page is a path.
func (c *Cluster) Children(ctx context.Context, path string, p Page) (l Listing[Znode], err error) {
	if path, err = treePath(path); err != nil {
		return l, err
	}
	l.Total = -1
	after := path
	if p.After != "" {
		after = behindAllOf(p.After)
	}
	for len(l.Items) <= p.limit() {
		page, err := c.zookeeper.tree.page(ctx, path, after, p.limit()+1, treePageBytes)
		if err != nil || len(page) == 0 {
			return l, err
		}
		for _, n := range page {
			child, _ := childOf(path, n.Path)
			if after = n.Path; child != n.Path { // below one of the children
				after = behindAllOf(child)
				break
			}
			z := c.znode(n)
			z.Children = &n.Children
			l.Items = append(l.Items, z)
		}
	}
	l.Items = l.Items[:p.limit()]
	l.Next = l.Items[len(l.Items)-1].Path
	return l, nil
}

// behindAllOf is a path behind everything below another one, and before what follows that.
func behindAllOf(path string) string { return path + "/\xff" }

// Znode is a znode.
func (c *Cluster) Znode(ctx context.Context, path string) (z Znode, err error) {
	if path, err = treePath(path); err != nil {
		return z, err
	}
	page, err := c.zookeeper.tree.page(ctx, path, "", 1, 1)
	if err != nil {
		return z, err
	}
	if len(page) == 0 {
		return z, fmt.Errorf("%w: there is no znode %s", ErrBadExpression, path)
	}
	z = c.znode(page[0])
	z.Children, z.Means = &page[0].Children, observe.Means(c.paths, path)
	return z, nil
}

// Owned is what ends with the sessions of a node.
func (c *Cluster) Owned(ctx context.Context, node string) (o Owned, err error) {
	var unknown error
	err = c.observer.look(ctx, asked{Source: scenario.FromZooKeeper}, func(m *observe.Moment) { o, unknown = ownedBy(m, node) })
	return o, cmp.Or(err, unknown)
}

// childOf is the child of a path at or above another path, if that is below it.
func childOf(path, other string) (child string, below bool) {
	prefix := strings.TrimSuffix(path, "/") + "/"
	rest, below := strings.CutPrefix(other, prefix)
	if !below || rest == "" {
		return "", false
	}
	name, _, _ := strings.Cut(rest, "/")
	return prefix + name, true
}
