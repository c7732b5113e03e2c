package observe

import (
	"net/url"
	"strings"

	"oakmoot/internal/zk/zkpath"
)

// latchKind is a node of a LeaderLatch: it holds the address of a process that takes
// part in the election.
func latchKind(kind string) znodeKind {
	return znodeKind{
		decode: func(_ zkpath.Parsed, content []byte) any {
			u, err := url.Parse(string(content))
			if err != nil || u.Host == "" {
				return nil
			}
			return u.Host
		},
		host: func(_ zkpath.Parsed, says any) string {
			host, _ := says.(string)
			return host
		},
		show: func(s *Shown, e *entry, put bool) {
			if host, ok := e.says.(string); ok {
				set(s.candidates, put, kind, e.path, host)
				s.show(kind, host, e, put)
			}
		},
		tell: func(e *Event, s story) {
			e.Protocol = Election
			e.Verb = kind + " " + s.choose("joins the election", "changes its latch", "leaves the election")
			_, e.Subject, _ = strings.Cut(string(s.payload), "://")
			if i := strings.LastIndex(s.Name, "latch-"); i >= 0 {
				e.Detail = s.Name[i:]
			}
		},
	}
}
