//go:build unix

package zkembed

import (
	"bytes"
	"errors"
	"io"
	"net"
	"os"
	"testing"
	"time"
)

// socketPair is a connection over loopback: the server's end as a socket.
func socketPair(t *testing.T) (of promptConn, ours, theirs net.Conn) {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	if theirs, err = net.Dial("tcp", ln.Addr().String()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { theirs.Close() })
	if ours, err = ln.Accept(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ours.Close() })
	if of = newSocket(ours); of == nil {
		t.Fatal("it is no socket")
	}
	return of, ours, theirs
}

func TestSocketReadsWhatHasArrivedAndThenTheEnd(t *testing.T) {
	s, ours, theirs := socketPair(t)
	if err := ours.SetReadDeadline(time.Now().Add(-time.Second)); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Read(make([]byte, 8)); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("past the deadline: got %v", err)
	}
	if err := ours.SetReadDeadline(time.Time{}); err != nil {
		t.Fatal(err)
	}
	go func() {
		_, _ = theirs.Write([]byte("hello")) // the read shows whether it worked
		_ = theirs.Close()
	}()
	if got, err := io.ReadAll(s); string(got) != "hello" || err != nil {
		t.Errorf("got %q, %v; want hello and the end", got, err)
	}
	_ = ours.Close()
	if _, err := s.Read(make([]byte, 8)); !errors.Is(err, net.ErrClosed) {
		t.Errorf("closed: got %v", err)
	}
	if n := s.WriteSome([]byte("x")); n != 0 {
		t.Errorf("closed: wrote %d bytes", n)
	}
}

func TestSocketReportsAReset(t *testing.T) {
	s, _, theirs := socketPair(t)
	refuse(theirs)
	if _, err := s.Read(make([]byte, 8)); err == nil || err == io.EOF {
		t.Errorf("got %v, want the reset", err)
	}
}

func TestSocketWritesAsMuchAsFits(t *testing.T) {
	s, ours, theirs := socketPair(t)
	b := bytes.Repeat([]byte("0123456789"), 64<<20/10)
	n := s.WriteSome(b)
	if n == 0 || n == len(b) {
		t.Fatalf("wrote %d of %d bytes to somebody who does not read, want some", n, len(b))
	}
	if err := ours.(*net.TCPConn).CloseWrite(); err != nil {
		t.Fatal(err)
	}
	got, err := io.ReadAll(theirs)
	if err != nil || !bytes.Equal(got, b[:n]) {
		t.Errorf("got %d bytes, %v; want the %d that were written", len(got), err, n)
	}
}
