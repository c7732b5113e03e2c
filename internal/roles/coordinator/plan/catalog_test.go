package plan

import (
	"fmt"
	"maps"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"oakmoot/internal/druid"
	"oakmoot/internal/roles/coordinator/balance"
)

// says is everything that a catalog says of its segments.
func (c *Catalog) says() map[string][]string {
	c.look()
	all := map[string][]string{}
	for _, of := range c.inOrder() {
		all["used, newest first"] = append(all["used, newest first"], of.id.String())
		if of.hidden {
			all["hidden"] = append(all["hidden"], of.id.String())
		}
	}
	for _, of := range c.concealed() {
		all["concealed"] = append(all["concealed"], of.id.String())
	}
	for of := range c.unneeded {
		all["unneeded"] = append(all["unneeded"], of.id.String())
	}
	slices.Sort(all["unneeded"])
	for id, of := range c.records {
		for _, s := range of.servers {
			all["served"] = append(all["served"], id.String()+" on "+s.Meta.Name)
		}
	}
	slices.Sort(all["served"])
	all["datasources"] = slices.Sorted(maps.Keys(c.sources))
	return all
}

// TestCatalogOfAllChangesEqualsOneOfWhatIsLeft: whatever it was told of, and whenever it was looked at.
func TestCatalogOfAllChangesEqualsOneOfWhatIsLeft(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c, used := NewCatalog(), map[druid.SegmentID]*druid.DataSegment{}
		servers := map[string]*balance.Server{}
		for range rapid.IntRange(0, 60).Draw(t, "changes") {
			s := drawSegment(t)
			name := rapid.SampledFrom([]string{"a", "b", "c"}).Draw(t, "server")
			server := servers[name]
			switch rapid.SampledFrom([]string{"use", "use", "retire", "serve", "serve", "unserve", "leave", "look"}).Draw(t, "change") {
			case "use":
				c.Use(s)
				used[s.ID()] = s
			case "retire":
				c.Retire(s.ID())
				delete(used, s.ID())
			case "serve":
				if server == nil {
					server = balance.NewServer(druid.ServerMetadata{Name: name, Host: name})
					servers[name] = server
				}
				c.Announced(server, s)
			case "unserve":
				if server != nil {
					c.Unannounced(server, s.ID())
				}
			case "leave":
				if server != nil {
					c.Dismiss(server)
					delete(servers, name)
				}
			case "look":
				c.says()
			}
		}
		fresh := NewCatalog()
		for _, s := range used {
			fresh.Use(s)
		}
		for _, s := range servers {
			fresh.Attend(s)
		}
		if diff := cmp.Diff(fresh.says(), c.says()); diff != "" {
			t.Errorf("the catalog (-of what is left +of all changes):\n%s", diff)
		}
	})
}

func drawSegment(t *rapid.T) *druid.DataSegment {
	s := day(rapid.IntRange(1, 5).Draw(t, "day"), rapid.SampledFrom([]string{"v1", "v2", "v3"}).Draw(t, "version"))
	s.DataSource = rapid.SampledFrom([]string{"wiki", "ads"}).Draw(t, "datasource")
	s.Interval.End += 86_400_000 * druid.Timestamp(rapid.SampledFrom([]int{0, 0, 1, 4}).Draw(t, "longer"))
	if s.Version != "v1" { // the id tells the shard spec
		s.ShardSpec = druid.NumberedShardSpec(rapid.IntRange(0, 1).Draw(t, "partition"), 2)
	}
	return s
}

// TestSettledSegmentsNeedNothing compares a run with one that does not pass over what is settled.
func TestSettledSegmentsNeedNothing(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		segments := days(rapid.IntRange(1, 6).Draw(rt, "segments"))
		s := newScene(load(nil), segments...)
		for i := range rapid.IntRange(1, 6).Draw(rt, "servers") {
			drawServer(rt, s, fmt.Sprintf("h%d", i), rapid.SampledFrom([]string{"hot", "cold"}).Draw(rt, "tier"), segments)
		}
		targets := map[string]int{}
		for _, tier := range []string{"hot", "cold", "nowhere"} {
			if n := rapid.IntRange(0, 2).Draw(rt, "target "+tier); n > 0 {
				targets[tier] = n
			}
		}
		s.rule = load(targets)
		r := s.begin(t)
		one := r.Rules.compile("wiki", r.Now).first(day(1).Interval)
		r.Throttle.Begin(r.Cluster.names, r.Config, r.warn)
		for _, of := range r.Catalog.inOrder() {
			if !r.settled(&one.targets, of) {
				continue
			}
			r.fulfil(&one.targets, of)
			if len(r.Actions)+len(r.Warnings) > 0 {
				rt.Fatalf("%s is settled, and yet there are %v and %v", of.id, told(r.Actions), r.Warnings)
			}
		}
	})
}
