package zkconn

import (
	"testing"

	"github.com/go-zookeeper/zk"
)

func TestAnEventEndsTheWatchesThatItFires(t *testing.T) {
	all := []aspect{ofData, ofChildren, ofExisting}
	for event, ends := range map[zk.EventType][]aspect{
		zk.EventNodeCreated:         {ofExisting},
		zk.EventNodeDataChanged:     {ofData, ofExisting},
		zk.EventNodeChildrenChanged: {ofChildren},
		zk.EventNodeDeleted:         all,
		zk.EventNotWatching:         all,
		zk.EventSession:             nil,
	} {
		var w watches
		for _, of := range all {
			w.note("/a", of)
		}
		w.fired(zk.Event{Type: event, Path: "/b"})
		if len(w.out) != len(all) {
			t.Fatalf("%v of another path: %v are left, want all", event, w.out)
		}
		w.fired(zk.Event{Type: event, Path: "/a"})
		for _, of := range ends {
			if _, out := w.out[watched{"/a", of}]; out {
				t.Errorf("%v leaves the watch of aspect %v", event, of)
			}
		}
		if want := len(all) - len(ends); len(w.out) != want || w.any() != (want > 0) {
			t.Errorf("%v: %v are left, any %v; want %d", event, w.out, w.any(), want)
		}
	}
}
