package fault

// Cut is a process that dies: its connections break, what was under way is lost,
// and nothing can be dialled until Heal. The peer sees closed sockets; a ZooKeeper
// session lives until it times out.
func (l *Link) Cut() {
	l.mu.Lock()
	l.cut = true
	l.notify()
	l.mu.Unlock()
	for _, w := range l.open(func(Peer) bool { return true }) {
		w.sever()
	}
}

// Heal ends a Cut. Other faults stay.
func (l *Link) Heal() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.cut = false
	l.notify()
}

// Calm takes every fault away but a Cut: what they held up arrives.
func (l *Link) Calm() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.faults = nil
	l.notify()
}

// Disconnect breaks the connections to ZooKeeper once; the node may connect again
// at once. The session goes on.
func (l *Link) Disconnect() {
	for _, w := range l.open(func(p Peer) bool { return p.ZooKeeper }) {
		w.sever()
	}
}
