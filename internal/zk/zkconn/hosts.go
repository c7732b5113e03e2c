package zkconn

import "sync"

// hosts gives the real clients their servers one after the other, over all sessions.
type hosts struct {
	mu      sync.Mutex // guards the fields below
	servers []string
	next    int
}

// init takes the servers of the first session: the order stays.
func (h *hosts) init(servers []string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.servers == nil {
		h.servers = servers
	}
}

func (h *hosts) len() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.servers)
}

func (h *hosts) take() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	server := h.servers[h.next%len(h.servers)]
	h.next++
	return server
}

// turns are the servers as the real client of one session asks for them: its HostProvider.
// They never say that a round is over, which would make the client wait a second and fail
// what waits to be sent, unless the client is to end.
type turns struct {
	hosts *hosts

	mu     sync.Mutex // guards closed
	closed bool
}

func (t *turns) Init(servers []string) error {
	t.hosts.init(servers)
	return nil
}

func (t *turns) Len() int { return t.hosts.len() }

func (t *turns) Next() (string, bool) {
	server := t.hosts.take()
	t.mu.Lock()
	defer t.mu.Unlock()
	return server, t.closed
}

func (t *turns) Connected() {}

func (t *turns) close() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.closed = true
}
