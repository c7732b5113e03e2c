package cluster

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"oakmoot/internal/stage/observe"
	"oakmoot/internal/zk/zkpath"
)

// forest is a tree of persistent nodes and, behind them, ephemerals. It counts its walks.
type forest struct {
	persistent int
	paths      []string
	walks      int
}

func (f *forest) walk(_ context.Context, _ string, each func(observe.Znode) error) error {
	f.walks++
	for range f.persistent {
		if err := each(observe.Znode{Path: "/other/app"}); err != nil {
			return err
		}
	}
	for _, path := range f.paths {
		if err := each(observe.Znode{Path: path, Owner: 7, Data: []byte(`{"name":"h:1","host":"h:1","type":"historical","tier":"_default_tier"}`)}); err != nil {
			return err
		}
	}
	return nil
}

func (*forest) close() {}

func TestStraysAreFoundOutsideOfTheLayout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		paths, err := zkpath.New(nil)
		if err != nil {
			t.Fatal(err)
		}
		f := &forest{paths: []string{"/druid/announcements/h:1", "/other/druid/announcements/h:1", "/other/app/lock"}}
		s := &strays{tree: f, paths: paths}
		s.look(t.Context())
		s.look(t.Context()) // a moment later
		if len(s.found) != 1 || s.found[0].kind != "historical" || s.found[0].base != "/other/druid" || f.walks != 1 {
			t.Fatalf("got %+v after %d walks, want the historical under /other/druid after one", s.found, f.walks)
		}
		const remark = "h:1 shows itself as historical under /other/druid; druid.zk.paths.base is /druid here"
		for name, test := range map[string]struct {
			claim    claim
			occupant occupant
			want     string
		}{
			"an empty seat":             {claim{kind: "historical"}, occupant{}, remark},
			"at the port":               {claim{kind: "historical", port: 1}, occupant{}, remark},
			"at another port":           {claim{kind: "historical", port: 2}, occupant{}, ""},
			"a seat of another kind":    {claim{kind: "broker"}, occupant{}, ""},
			"a seat with a process":     {claim{kind: "historical"}, occupant{host: "x:1", session: 8}, ""},
			"a seat with this very one": {claim{kind: "historical"}, occupant{host: "h:1", session: 8}, ""},
		} {
			if got := s.remark(test.claim, &test.occupant, s.found[0]); got != test.want {
				t.Errorf("%s: got %q, want %q", name, got, test.want)
			}
		}
		for persistent, want := range map[int]int{strayLimit - 2: 1, strayLimit - 1: 0} { // the second ephemeral is the stray
			time.Sleep(strayRecheck)
			f.persistent = persistent
			if s.look(t.Context()); len(s.found) != want {
				t.Errorf("behind %d others: got %v, want %d", persistent, s.found, want)
			}
		}
		if s.forget(); len(s.found) != 0 {
			t.Errorf("got %v after nobody is missing", s.found)
		}
	})
}
