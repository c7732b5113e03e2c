//go:build interop

package interop

import (
	"io"
	"maps"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"

	"oakmoot/internal/run/fault/zkframe"
	"oakmoot/internal/zk/zkwire"
)

// door is an address in front of a ZooKeeper. It passes everything on and notes which operations clients ask for.
type door struct {
	ln     net.Listener
	server string
	ended  sync.WaitGroup

	mu   sync.Mutex // guards what follows
	open map[net.Conn]bool
	seen map[zkwire.Op]int
}

// openDoor opens a door to a server, until the test ends.
func openDoor(t *testing.T, server string) *door {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	d := &door{ln: ln, server: server, open: map[net.Conn]bool{}, seen: map[zkwire.Op]int{}}
	d.ended.Go(d.accept)
	t.Cleanup(d.close)
	return d
}

func (d *door) addr() string { return d.ln.Addr().String() }

func (d *door) close() {
	_ = d.ln.Close() // nothing is lost
	d.mu.Lock()
	for c := range d.open {
		_ = c.Close()
	}
	d.mu.Unlock()
	d.ended.Wait()
}

func (d *door) accept() {
	for {
		in, err := d.ln.Accept()
		if err != nil {
			return
		}
		d.ended.Go(func() { d.pass(in) })
	}
}

// pass joins a client and the server until one of them hangs up.
func (d *door) pass(in net.Conn) {
	defer in.Close()
	out, err := net.Dial("tcp", d.server)
	if err != nil {
		return
	}
	defer out.Close()
	d.hold(in, true)
	defer d.hold(in, false)
	var asked asking
	asked.splitter.Gather, asked.door = true, d
	d.ended.Go(func() {
		_, _ = io.Copy(in, out) // either side may hang up at any time
		_ = in.Close()
	})
	_, _ = io.Copy(out, io.TeeReader(in, &asked))
}

func (d *door) hold(c net.Conn, open bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if open {
		d.open[c] = true
		return
	}
	delete(d.open, c)
}

// operations are the names of what clients have asked for, those inside transactions too.
func (d *door) operations() string {
	d.mu.Lock()
	defer d.mu.Unlock()
	names := []string{}
	for _, op := range slices.Sorted(maps.Keys(d.seen)) {
		names = append(names, op.String())
	}
	return strings.Join(names, ", ")
}

// asking reads what one client asks for.
type asking struct {
	door      *door
	splitter  zkframe.Splitter
	connected bool // the first frame, which asks for a session, has passed
}

func (a *asking) Write(p []byte) (int, error) {
	a.splitter.Split(p, a)
	return len(p), nil
}

// Head is part of zkframe.Sink; every frame is gathered.
func (a *asking) Head([]byte) {}

// Pass is part of zkframe.Sink: these are four-letter words.
func (a *asking) Pass([]byte) {}

// Frame is part of zkframe.Sink.
func (a *asking) Frame(frame []byte) {
	if !a.connected {
		a.connected = true
		return
	}
	asked := zkframe.ReadRequest(frame)
	a.door.mu.Lock()
	defer a.door.mu.Unlock()
	for _, r := range append(asked.Parts, asked) {
		a.door.seen[r.Op]++
	}
}
