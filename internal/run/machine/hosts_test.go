package machine

import (
	"net"
	"slices"
	"testing"
)

func TestAnAddressOnEveryInterfaceIsReachedOnLoopbackToo(t *testing.T) {
	for listens, want := range map[string]string{"0.0.0.0": "127.0.0.1:7070", "::": "127.0.0.1:7070", "127.0.0.2": "127.0.0.2:7070"} {
		hosts := Hosts(&net.TCPAddr{IP: net.ParseIP(listens), Port: 7070})
		if hosts[0] != want || slices.Contains(hosts, net.JoinHostPort(listens, "7070")) != (listens == "127.0.0.2") {
			t.Errorf("%s: got %v, want %s first and no address that nobody can dial", listens, hosts, want)
		}
	}
}
