package headline

import (
	"fmt"
	"slices"

	"oakmoot/internal/druid"
	"oakmoot/internal/stage/observe"
)

// withoutThem are what does not happen without any node of a kind, in the order of their weight.
var withoutThem = []struct{ kind, what string }{
	{"historical", "nothing is loaded or served"},
	{"broker", "no query is answered"},
	{"middlemanager", "no task is run"},
}

// kindDown is that no node of a kind works.
func kindDown(s Scene) Headline {
	for _, w := range withoutThem {
		nodes := s.of(w.kind)
		var fates, about []string
		for _, n := range nodes {
			if fate := s.fate(n); fate != "" {
				fates, about = append(fates, fate), append(about, n.Name)
			}
		}
		if len(nodes) == 0 || len(fates) < len(nodes) {
			continue
		}
		return Headline{Bad, fmt.Sprintf("no %s works, so %s: %s", w.kind, w.what, some(fates)), about[:min(len(about), 3)]}
	}
	return Headline{}
}

// broken is that something did not come as it was expected.
func broken(s Scene) Headline {
	if len(s.Broken) == 0 {
		return Headline{}
	}
	text := s.Broken[0]
	if more := len(s.Broken) - 1; more > 0 {
		text += fmt.Sprintf(", and %d more", more)
	}
	return Headline{Level: Bad, Text: text}
}

// lingering is that ZooKeeper shows what a dead node announced.
func lingering(s Scene) Headline {
	for _, n := range s.Nodes() {
		if n.Runs() || n.External || len(s.Lingering(n)) == 0 {
			continue
		}
		shown := "ZooKeeper still shows it"
		if segments := s.Left.Segments(n.Host); segments > 0 {
			shown += " and its " + counted(segments, "segment", "segments")
		}
		return Headline{Warn, s.fate(n) + ", and " + shown + s.session(n), []string{n.Name}}
	}
	return Headline{}
}

// cutOff is that a node runs and does not take part.
func cutOff(s Scene) Headline {
	for _, n := range s.Nodes() {
		if n.Runs() && n.State != observe.Starting && s.fate(n) != "" {
			return Headline{Warn, s.fate(n) + s.session(n), []string{n.Name}}
		}
	}
	return Headline{}
}

// unserved is that used segments are on no historical.
func unserved(s Scene) Headline {
	missing, names := 0, []string{}
	for name, used := range s.Store().Used {
		if lack := used - s.Live.Served(druid.TypeHistorical, name); lack > 0 {
			missing, names = missing+lack, append(names, name)
		}
	}
	if missing == 0 || len(s.of("historical")) == 0 {
		return Headline{}
	}
	slices.Sort(names)
	verb := "are"
	if missing == 1 {
		verb = "is"
	}
	text := fmt.Sprintf("%s of %s %s used and on no historical", counted(missing, "segment", "segments"), some(names), verb)
	return Headline{Warn, text + ": " + s.whyUnserved(), s.leads("coordinator")}
}

// whyUnserved is why segments are not served yet.
func (s Scene) whyUnserved() string {
	if queued := s.Live.Queued(); queued > 0 {
		return counted(queued, "request is", "requests are") + " in the load queues"
	}
	var room, most int64
	for _, host := range s.Live.Servers() {
		if meta, _ := s.Live.Server(host); meta.Type == druid.TypeHistorical {
			room = max(room, meta.MaxSize-s.Live.Bytes(host))
			most = max(most, meta.MaxSize)
		}
	}
	if most > 0 && room < most/100 {
		return "no historical has room for more"
	}
	return "the coordinator has not asked for them yet, or no rule wants them"
}

// leads are the nodes that lead a kind.
func (s Scene) leads(kind string) (names []string) {
	for _, n := range s.of(kind) {
		if s.Leads(n) {
			names = append(names, n.Name)
		}
	}
	return names
}

// waiting is that tasks have no worker.
func waiting(s Scene) Headline {
	wait := s.Store().Tasks["RUNNING"] - s.Live.Assigned()
	if wait <= 0 || len(s.of("middlemanager")) == 0 {
		return Headline{}
	}
	return Headline{Warn, counted(wait, "task waits", "tasks wait") + " for a worker: " + s.whyWaiting(), s.leads("overlord")}
}

func (s Scene) whyWaiting() string {
	capacity := 0
	for _, w := range s.Live.Workers() {
		if w.Version != "" { // an enabled one
			capacity += w.Capacity
		}
	}
	if capacity == 0 {
		return "no middlemanager takes tasks"
	}
	if busy := s.Live.Assigned(); busy >= capacity {
		return fmt.Sprintf("all %d slots are taken", capacity)
	}
	return "the overlord has not assigned them yet"
}

// down is that a node does not run.
func down(s Scene) Headline {
	var fates, about []string
	for _, n := range s.Nodes() {
		if fate := s.fate(n); fate != "" {
			fates, about = append(fates, fate+s.back(n)), append(about, n.Name)
		}
	}
	if len(fates) == 0 {
		return Headline{}
	}
	return Headline{Warn, some(fates), about[:min(len(about), 3)]}
}

// armed is that a fault is at work, though nothing shows yet.
func armed(s Scene) Headline {
	faults := s.Faults()
	if len(faults) == 0 {
		return Headline{}
	}
	first := faults[0]
	text := fmt.Sprintf("a fault is at work: %s%s", first.Do, s.ends(first))
	if more := len(faults) - 1; more > 0 {
		text = fmt.Sprintf("%d faults are at work: %s%s, and %d more", len(faults), first.Do, s.ends(first), more)
	}
	return Headline{Warn, text, slices.Clone(first.Nodes[:min(len(first.Nodes), 3)])}
}

// well is that nothing else matters.
func well(s Scene) Headline {
	text := fmt.Sprintf("all is well: %s, %s served", counted(len(s.Nodes()), "node", "nodes"), counted(s.Announced(), "segment", "segments"))
	return Headline{Level: Ok, Text: text}
}
