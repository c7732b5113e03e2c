package coordinator

import (
	"io"
	"net/http"
	"slices"
	"strings"

	"oakmoot/internal/druid"
	"oakmoot/internal/run/node"
	"oakmoot/internal/zk/inventory"
)

type simpleServer struct {
	Host     string `json:"host"`
	Tier     string `json:"tier"`
	Type     string `json:"type"`
	Priority int    `json:"priority"`
	CurrSize int64  `json:"currSize"`
	MaxSize  int64  `json:"maxSize"`
}

type fullServer struct {
	Host     string                                 `json:"host"`
	MaxSize  int64                                  `json:"maxSize"`
	Type     string                                 `json:"type"`
	Tier     string                                 `json:"tier"`
	Priority int                                    `json:"priority"`
	Segments map[druid.SegmentID]*druid.DataSegment `json:"segments"`
	CurrSize int64                                  `json:"currSize"`
}

// hostOf is the address at which a server can be reached, the TLS one if it has one.
func hostOf(m druid.ServerMetadata) string {
	if m.HostAndTLSPort != "" {
		return m.HostAndTLSPort
	}
	return m.Host
}

func sizeOf(s inventory.Server) int64 {
	var n int64
	for _, segment := range s.Segments {
		n += segment.Size
	}
	return n
}

func simple(s inventory.Server) simpleServer {
	return simpleServer{hostOf(s.Meta), s.Meta.Tier, s.Meta.Type, s.Meta.Priority, sizeOf(s), s.Meta.MaxSize}
}

func full(s inventory.Server) fullServer {
	return fullServer{hostOf(s.Meta), s.Meta.MaxSize, s.Meta.Type, s.Meta.Tier, s.Meta.Priority, s.Segments, sizeOf(s)}
}

// servers lists the servers of the view, including those that only stream.
func servers(l *leadership, _ snapshot, w http.ResponseWriter, r *http.Request) {
	hosts, simples, fulls := []string{}, []simpleServer{}, []fullServer{}
	for _, s := range l.view.Snapshot() {
		hosts, simples, fulls = append(hosts, hostOf(s.Meta)), append(simples, simple(s)), append(fulls, full(s))
	}
	switch {
	case node.Present(r, "full"):
		ok(w, fulls)
	case node.Present(r, "simple"):
		ok(w, simples)
	default:
		slices.Sort(hosts)
		ok(w, hosts)
	}
}

// find looks up a server by the name in the path. It has answered for an unknown one itself.
func (l *leadership) find(w http.ResponseWriter, r *http.Request) (inventory.Server, bool) {
	for _, s := range l.view.Snapshot() {
		if s.Meta.Name == r.PathValue("name") {
			return s, true
		}
	}
	w.WriteHeader(http.StatusNotFound)
	return inventory.Server{}, false
}

func server(l *leadership, _ snapshot, w http.ResponseWriter, r *http.Request) {
	s, found := l.find(w, r)
	switch {
	case !found:
	case node.Present(r, "simple"):
		ok(w, simple(s))
	default:
		ok(w, full(s))
	}
}

// serverSegments answers with the text of a Java collection, which is not JSON.
func serverSegments(l *leadership, _ snapshot, w http.ResponseWriter, r *http.Request) {
	s, found := l.find(w, r)
	if !found {
		return
	}
	texts := make([]string, 0, len(s.Segments))
	for id := range s.Segments {
		texts = append(texts, id.String())
	}
	slices.Sort(texts)
	w.Header().Set("Content-Type", "application/json")
	_, _ = io.WriteString(w, "["+strings.Join(texts, ", ")+"]") // the caller has gone away
}

func serverSegment(l *leadership, _ snapshot, w http.ResponseWriter, r *http.Request) {
	s, found := l.find(w, r)
	if !found {
		return
	}
	for id, segment := range s.Segments {
		if id.String() == r.PathValue("id") {
			ok(w, segment)
			return
		}
	}
	w.WriteHeader(http.StatusNotFound)
}
