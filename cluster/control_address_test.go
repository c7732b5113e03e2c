package cluster

import (
	"net"
	"testing"

	"github.com/google/go-cmp/cmp"

	"oakmoot/internal/run/memnet"
)

func TestHostsOfTheControlAddress(t *testing.T) {
	none, err := openControl(options{})
	if err != nil || none.hosts() != nil {
		t.Errorf("without one: got %v, %v", none.hosts(), err)
	}
	o := options{net: memnet.New(), control: "127.0.0.1:7101"}
	a, err := openControl(o)
	if err != nil {
		t.Fatal(err)
	}
	defer a.close()
	if diff := cmp.Diff([]string{"127.0.0.1:7101"}, a.hosts()); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if _, err := openControl(o); err == nil {
		t.Error("got an address that somebody has")
	}
	everywhere := &controlAddress{listener: listenerAt{&net.TCPAddr{IP: net.IPv4zero, Port: 7101}}}
	if got := everywhere.hosts(); got[0] != "127.0.0.1:7101" {
		t.Errorf("on all interfaces: got %v, want loopback first", got)
	}
}

// listenerAt is a listener that has only its address.
type listenerAt struct{ at net.Addr }

func (l listenerAt) Accept() (net.Conn, error) { return nil, net.ErrClosed }
func (l listenerAt) Close() error              { return nil }
func (l listenerAt) Addr() net.Addr            { return l.at }
