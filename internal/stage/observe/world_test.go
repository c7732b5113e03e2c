package observe

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"oakmoot/internal/druid"
	"oakmoot/internal/zk/zkpath"
)

// land is a tree that changes at random, and a model that is told of each change.
type land struct {
	t     testing.TB
	rng   *rand.Rand
	paths zkpath.Paths
	tree  map[string]Znode
	words map[string]Node
	model *Model
	zxid  int64
	last  Change
}

func newLand(t testing.TB, seed uint64) *land {
	t.Helper()
	paths, err := zkpath.New(map[string]string{"druid.discovery.curator.path": "/discovery"})
	if err != nil {
		t.Fatal(err)
	}
	l := &land{t: t, rng: rand.New(rand.NewPCG(seed, 0)), paths: paths, tree: map[string]Znode{}, words: map[string]Node{}, model: New(paths)}
	l.model.Sync(nil, []int64{})
	return l
}

// write creates or changes a znode.
func (l *land) write(path string, content any, owner int64) {
	l.t.Helper()
	data, isBytes := content.([]byte)
	if !isBytes {
		var err error
		if data, err = druid.Marshal(content); err != nil {
			l.t.Fatal(err)
		}
	}
	l.zxid++
	before, held := l.tree[path]
	c := Change{Zxid: l.zxid, Op: OpCreate, Path: path, Before: before.Data, After: data, Owner: owner}
	if held {
		c.Op, c.Owner, owner = OpSet, 0, before.Owner
	}
	l.tree[path] = Znode{Path: path, Data: data, Owner: owner, Mzxid: l.zxid}
	l.last = c
	l.model.Apply(c)
}

func (l *land) delete(path string) {
	l.zxid++
	l.last = Change{Zxid: l.zxid, Op: OpDelete, Path: path, Before: l.tree[path].Data}
	l.model.Apply(l.last)
	delete(l.tree, path)
}

func (l *land) hear(n Node) {
	l.words[n.Name] = n
	l.model.Hear(n)
}

// listed is the tree as a listing finds it.
func (l *land) listed() []Znode {
	list := slices.Collect(maps.Values(l.tree))
	l.rng.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
	return list
}

// host is the address of a node by its number.
func host(i int) string { return fmt.Sprintf("h:%d", i) }

func segment(dataSource string, day int) druid.DataSegment {
	start := druid.At(time.Date(2019, 1, 1+day, 0, 0, 0, 0, time.UTC))
	return druid.DataSegment{
		DataSource: dataSource, Interval: druid.Interval{Start: start, End: start + 86_400_000}, Version: "v",
		ShardSpec: druid.NumberedShardSpec(0, 0), Size: int64(100 + day),
	}
}

func server(i int, serverType string) druid.ServerMetadata {
	return druid.ServerMetadata{Name: host(i), Host: host(i), MaxSize: 1000, Type: serverType, Tier: druid.DefaultTier}
}

// historical has a historical join: with a session, its announcement and some segments.
func (l *land) historical(i, segments int) {
	session := int64(1000 + i)
	l.hear(Node{Name: fmt.Sprintf("historical-%d", i), Kind: "historical", Host: host(i), State: Up, Session: session, Reaches: true})
	l.write(l.paths.Announcement(host(i)), server(i, druid.TypeHistorical), session)
	var batch []druid.DataSegment
	for day := range segments {
		batch = append(batch, segment("wiki", day))
	}
	l.write(l.paths.Segment(host(i), "batch"), batch, session)
}
