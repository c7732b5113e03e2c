// Make fills an Apache ZooKeeper 3.9 server with something of everything and prints
// its tree, a line a node. The directories beside it were made so, with the server
// killed afterwards while a session was open:
//
//	ZooKeeperServerMain, -Dzookeeper.preAllocSize=1, extendedTypesEnabled=true
//	go run ./internal/zk/zkfile/testdata/make 127.0.0.1:2181 > tree.txt
//
// With a number behind the address, so many creates and deletes come first, for
// snapshots that are taken while the server goes on. With "dump" there, the tree is
// only printed.
package main

import (
	"fmt"
	"log"
	"os"
	"path"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/go-zookeeper/zk"
)

func main() {
	log.SetFlags(0)
	c := connect(os.Args[1])
	if len(os.Args) > 2 && os.Args[2] == "dump" {
		must(c.AddAuth("digest", []byte("user:secret")))
		dump(c, "/")
		c.Close()
		return
	}
	if len(os.Args) > 2 {
		n, err := strconv.Atoi(os.Args[2])
		must(err)
		churn(os.Args[1], n)
	}
	fill(c)
	gone := connect(os.Args[1])
	_, err := gone.Create("/gone", nil, zk.FlagEphemeral, zk.WorldACL(zk.PermAll))
	must(err)
	gone.Close()
	dump(c, "/")
}

func must(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

func connect(addr string) *zk.Conn {
	c, events, err := zk.Connect([]string{addr}, 30*time.Second, zk.WithLogInfo(false))
	must(err)
	for e := range events {
		if e.State == zk.StateHasSession {
			return c
		}
	}
	return nil
}

func fill(c *zk.Conn) {
	open := zk.WorldACL(zk.PermAll)
	create := func(path, data string, flags int32, acl []zk.ACL) {
		_, err := c.Create(path, []byte(data), flags, acl)
		must(err)
	}
	create("/a", "one", 0, open)
	create("/a/b", "", 0, open)
	create("/a/b/ü", "umlaut", 0, open)
	for range 3 {
		create("/a/seq-", "s", zk.FlagSequence, open)
	}
	must(c.Delete("/a/seq-0000000002", 0))
	create("/e", "mine", zk.FlagEphemeral, open)
	create("/e2-", "mine too", zk.FlagEphemeral|zk.FlagSequence, open)
	_, err := c.CreateContainer("/container", []byte("c"), zk.FlagContainer, open)
	must(err)
	_, err = c.CreateTTL("/ttl", []byte("t"), zk.FlagTTL, open, 100*24*time.Hour)
	must(err)
	must(c.AddAuth("digest", []byte("user:secret")))
	create("/private", "p", 0, zk.DigestACL(zk.PermAll, "user", "secret"))
	_, err = c.SetACL("/a/b", append(zk.WorldACL(zk.PermRead), zk.DigestACL(zk.PermAll, "user", "secret")...), 0)
	must(err)
	for i := range 3 {
		_, err = c.Set("/a", fmt.Appendf(nil, "set %d", i), int32(i))
		must(err)
	}
	_, err = c.Set("/", []byte("root"), -1)
	must(err)
	_, err = c.Multi(&zk.CreateRequest{Path: "/m", Acl: open}, &zk.CreateRequest{Path: "/m/1", Data: []byte("x"), Acl: open},
		&zk.SetDataRequest{Path: "/m/1", Data: []byte("y"), Version: 0}, &zk.CheckVersionRequest{Path: "/a", Version: 3},
		&zk.CreateRequest{Path: "/m/2", Acl: open}, &zk.DeleteRequest{Path: "/m/2", Version: 0})
	must(err)
	_, err = c.Multi(&zk.CreateRequest{Path: "/never", Acl: open}, &zk.DeleteRequest{Path: "/missing", Version: 0})
	if err == nil {
		log.Fatal("the second multi went through")
	}
	if err := c.Delete("/missing", -1); err == nil {
		log.Fatal("a missing node was deleted")
	}
	create("/zookeeper/quota/a", "", 0, open)
	create("/zookeeper/quota/a/zookeeper_limits", "count=100,bytes=-1", 0, open)
	create("/zookeeper/quota/a/zookeeper_stats", "count=0,bytes=0", 0, open)
	create("/a/counted", "12345", 0, open)
}

// churn creates and deletes, from several connections.
func churn(addr string, n int) {
	const workers = 8
	var done sync.WaitGroup
	for w := range workers {
		done.Go(func() {
			c := connect(addr)
			defer c.Close()
			root := fmt.Sprintf("/churn-%d", w)
			_, err := c.Create(root, nil, 0, zk.WorldACL(zk.PermAll))
			must(err)
			for i := range n / workers {
				p := fmt.Sprintf("%s/%d", root, i%17)
				if _, err := c.Create(p, fmt.Appendf(nil, "%d", i), int32(i%2)*zk.FlagEphemeral, zk.WorldACL(zk.PermAll)); err != nil {
					must(c.Delete(p, -1))
				}
				_, err := c.Set(root, fmt.Appendf(nil, "%d", i), -1)
				must(err)
			}
		})
	}
	done.Wait()
}

// dump prints a node and all below it.
func dump(c *zk.Conn, p string) {
	data, stat, err := c.Get(p)
	must(err)
	acl, _, err := c.GetACL(p)
	must(err)
	var entries []string
	for _, a := range acl {
		entries = append(entries, fmt.Sprintf("%s:%s:%d", a.Scheme, a.ID, a.Perms))
	}
	fmt.Printf("%s %q acl %s czxid %d mzxid %d pzxid %d ctime %d mtime %d version %d cversion %d aversion %d owner 0x%x children %d\n",
		p, data, strings.Join(entries, ","), stat.Czxid, stat.Mzxid, stat.Pzxid, stat.Ctime, stat.Mtime, stat.Version, stat.Cversion, stat.Aversion,
		uint64(stat.EphemeralOwner), stat.NumChildren)
	children, _, err := c.Children(p)
	must(err)
	slices.Sort(children)
	for _, child := range children {
		dump(c, path.Join(p, child))
	}
}
