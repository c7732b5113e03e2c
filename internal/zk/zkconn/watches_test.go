package zkconn

import (
	"testing"
	"testing/synctest"

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
			w.note("/a", of, nil)
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

// The real client fills a watch's channel a moment after the list has the event.
func TestAFunctionIsCalledOnceWheneverTheEventComes(t *testing.T) {
	event := zk.Event{Type: zk.EventNodeDataChanged, Path: "/a"}
	for name, then := range map[string]func(w *watches, ch chan Event, follow func(Watch)){
		"before": func(w *watches, ch chan Event, follow func(Watch)) {
			w.fired(event)
			ch <- event
			w.handedOn()
			follow(w.note("/a", ofData, ch))
		},
		"between": func(w *watches, ch chan Event, follow func(Watch)) {
			watch := w.note("/a", ofData, ch)
			w.fired(event)
			ch <- event
			follow(watch)
		},
		"meanwhile": func(w *watches, ch chan Event, follow func(Watch)) {
			w.fired(event)
			follow(w.note("/a", ofData, ch))
			ch <- event
			w.handedOn()
		},
		"after": func(w *watches, ch chan Event, follow func(Watch)) {
			follow(w.note("/a", ofData, ch))
			w.fired(event)
			ch <- event
			w.handedOn()
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var w watches
				calls := make(chan Event, 2)
				then(&w, make(chan Event, 1), func(of Watch) { of.Then(func(e Event) { calls <- e }) })
				synctest.Wait()
				if len(calls) != 1 || <-calls != event {
					t.Fatalf("called %d times, want once with the event", len(calls))
				}
			})
		})
	}
}
