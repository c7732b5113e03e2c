package inventory_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"oakmoot/internal/zk/inventory"
	"oakmoot/zkembed"
)

// stroke is something that a server does, or that happens to it or to the readers.
type stroke struct {
	verb   string
	server int
	segs   string
}

const servers = 2

var strokes = rapid.Custom(func(t *rapid.T) stroke {
	return stroke{
		verb:   rapid.SampledFrom([]string{"announce", "announce", "unannounce", "expire", "cut off readers"}).Draw(t, "verb"),
		server: rapid.IntRange(0, servers-1).Draw(t, "server"),
		segs:   strings.Join(rapid.SliceOfN(rapid.StringMatching("[a-h]"), 1, 5).Draw(t, "segments"), " "),
	}
})

// Whatever happens, a view of the batches, one of the served segments, and the events
// of both agree in the end.
func TestReadersOfBothFormsAgree(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		story := rapid.SliceOfN(strokes, 1, 8).Draw(rt, "story")
		var wrong string
		bubble(t, func(_ *testing.T, w *world) { wrong = w.play(story) })
		if wrong != "" {
			rt.Fatal(wrong)
		}
	})
}

func (w *world) play(story []stroke) string {
	var all []*server
	want := map[string]string{}
	held := map[string]map[string]bool{}
	for i := range servers {
		s := w.start(fmt.Sprintf("s:%d", i))
		all = append(all, s)
		held[s.meta.Name] = map[string]bool{}
	}
	batch, legacy := w.view(inventory.Batch), w.view(inventory.Legacy)
	for _, s := range story {
		all[s.server].strike(s, batch, legacy)
		for _, name := range strings.Fields(s.segs) {
			switch s.verb {
			case "announce":
				held[all[s.server].meta.Name][name] = true
			case "unannounce":
				delete(held[all[s.server].meta.Name], name)
			}
		}
	}
	batch.link.Heal()
	legacy.link.Heal()
	for name, segs := range held {
		want[name] = join(segs)
	}
	right := func() bool { return cmp.Equal(want, batch.served()) && cmp.Equal(want, legacy.served()) }
	w.Until(fmt.Sprintf("both views hold %v", want), right)
	for name, v := range map[string]*viewer{"batch": batch, "legacy": legacy} {
		if diff := cmp.Diff(want, fold(v.take())); diff != "" {
			return name + ": what was told comes to (-want +got):\n" + diff
		}
	}
	return ""
}

func (s *server) strike(st stroke, readers ...*viewer) {
	switch st.verb {
	case "announce":
		s.announce(st.segs)
	case "unannounce":
		s.unannounce(st.segs)
	case "expire":
		_ = s.World.ZK.Expire(s.World.T.Context(), zkembed.SessionID(s.Conn.SessionID())) // it may be without a session just now
	case "cut off readers":
		for _, v := range readers {
			v.link.Heal()
			v.link.Disconnect()
		}
	}
}

// fold returns the servers and segments that remain after all events.
func fold(told []string) map[string]string {
	held := map[string]map[string]bool{}
	for _, line := range told {
		words := strings.Fields(line)
		switch server := words[len(words)-1]; {
		case strings.HasPrefix(line, "server added"):
			held[server] = map[string]bool{}
		case strings.HasPrefix(line, "server removed"):
			delete(held, server)
		case words[0] == "added":
			held[server][words[1]] = true
		case words[0] == "removed":
			delete(held[server], words[1])
		}
	}
	all := map[string]string{}
	for server, segs := range held {
		all[server] = join(segs)
	}
	return all
}

func join(segs map[string]bool) string {
	return strings.Join(slices.Sorted(maps.Keys(segs)), " ")
}
