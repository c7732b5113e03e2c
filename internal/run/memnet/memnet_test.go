package memnet_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"oakmoot/internal/run/memnet"
)

// connect returns both ends of a connection over a fresh network.
func connect(t *testing.T) (client, server net.Conn) {
	t.Helper()
	n := memnet.New()
	ln, err := n.Listen("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	client, err = n.DialContext(context.Background(), "tcp", ln.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	server, err = ln.Accept()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { client.Close(); server.Close(); ln.Close() })
	return client, server
}

func TestWrittenBytesSurviveTheWritersClose(t *testing.T) {
	client, server := connect(t)
	if _, err := client.Write([]byte("hello")); err != nil {
		t.Fatal(err)
	}
	client.Close()
	got, err := io.ReadAll(server)
	if err != nil || string(got) != "hello" {
		t.Errorf("got %q, %v; want hello and the end", got, err)
	}
	if _, err := server.Write([]byte("x")); !errors.Is(err, syscall.EPIPE) {
		t.Errorf("write to a closed peer: got %v, want EPIPE", err)
	}
}

func TestHalfCloseKeepsTheOtherDirection(t *testing.T) {
	client, server := connect(t)
	if err := client.(interface{ CloseWrite() error }).CloseWrite(); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadAll(server); err != nil {
		t.Fatal(err)
	}
	fmt.Fprint(server, "still here")
	server.Close()
	if got, _ := io.ReadAll(client); string(got) != "still here" {
		t.Errorf("got %q", got)
	}
}

func TestAddressesBehaveLikeTCPs(t *testing.T) {
	n := memnet.New()
	ln, err := n.Listen("127.0.0.1:2181")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := n.Listen("127.0.0.1:2181"); !errors.Is(err, syscall.EADDRINUSE) {
		t.Errorf("second Listen: got %v, want EADDRINUSE", err)
	}
	if _, err := n.DialContext(t.Context(), "tcp", "127.0.0.1:1"); !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("dial to nobody: got %v, want ECONNREFUSED", err)
	}
	if _, err := n.DialContext(t.Context(), "tcp", "example.org:80"); err == nil {
		t.Error("dial by name: got no error")
	}
	ln.Close()
	if _, err := n.DialContext(t.Context(), "tcp", "127.0.0.1:2181"); !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("dial after Close: got %v, want ECONNREFUSED", err)
	}
	if _, err := ln.Accept(); !errors.Is(err, net.ErrClosed) {
		t.Errorf("Accept after Close: got %v, want ErrClosed", err)
	}
	if _, err := n.Listen("127.0.0.1:2181"); err != nil {
		t.Errorf("Listen after Close: %v", err)
	}
}

func TestADeadlineThatMovesCountsAsItWasSetLast(t *testing.T) {
	for name, moves := range map[string][]time.Duration{
		"put off":            {time.Minute, time.Hour},
		"brought forward":    {2 * time.Hour, time.Hour},
		"lifted, set again":  {time.Minute, 0, time.Hour},
		"back and forth":     {time.Hour, time.Minute, 3 * time.Hour, time.Hour},
		"put off and lifted": {time.Minute, time.Hour, 0},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				a, b := memnet.Pipe()
				start := time.Now()
				for _, move := range moves {
					at := start.Add(move)
					if move == 0 {
						at = time.Time{}
					}
					a.SetReadDeadline(at)
				}
				time.AfterFunc(24*time.Hour, func() { b.Close() })
				_, err := a.Read(make([]byte, 1))
				got, last := time.Since(start), moves[len(moves)-1]
				switch {
				case last == 0 && (err != io.EOF || got != 24*time.Hour):
					t.Errorf("got %v after %v, want the end of the connection", err, got)
				case last > 0 && (!errors.Is(err, os.ErrDeadlineExceeded) || got != last):
					t.Errorf("got %v after %v, want a deadline error after %v", err, got, last)
				}
				a.Close()
			})
		})
	}
}

func TestDeadlinesPassInVirtualTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b := memnet.Pipe()
		defer b.Close()
		defer a.Close()
		start := time.Now()
		a.SetReadDeadline(start.Add(time.Hour))
		if _, err := a.Read(make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("got %v, want a deadline error", err)
		}
		if got := time.Since(start); got != time.Hour {
			t.Errorf("waited %v, want 1h", got)
		}
		a.SetReadDeadline(time.Time{})
		go func() { time.Sleep(time.Hour); b.Write([]byte("x")) }()
		if _, err := a.Read(make([]byte, 1)); err != nil {
			t.Errorf("after the deadline was lifted: %v", err)
		}
	})
}

func TestWriterWaitsForASlowReader(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b := memnet.Pipe()
		sent := bytes.Repeat([]byte("0123456789"), 200_000)
		var all sync.WaitGroup
		all.Go(func() { a.Write(sent); a.Close() })
		synctest.Wait()
		got, err := io.ReadAll(b)
		if err != nil || !bytes.Equal(got, sent) {
			t.Errorf("got %d bytes, %v; want %d", len(got), err, len(sent))
		}
		all.Wait()
		b.Close()
	})
}

func TestWriteSomeTakesWhatThereIsRoomForAndWaitsForNothing(t *testing.T) {
	a, b := memnet.Pipe()
	some := a.(interface{ WriteSome([]byte) int })
	sent := bytes.Repeat([]byte("0123456789"), 200_000)
	room := some.WriteSome(sent)
	if room == 0 || room == len(sent) {
		t.Fatalf("got %d of %d bytes written, want a part", room, len(sent))
	}
	if n := some.WriteSome(sent); n != 0 {
		t.Errorf("full: got %d bytes written, want none", n)
	}
	got := make([]byte, room)
	if _, err := io.ReadFull(b, got); err != nil || !bytes.Equal(got, sent[:room]) {
		t.Errorf("got %v and not what was written", err)
	}
	if n := some.WriteSome(sent[:7]); n != 7 {
		t.Errorf("empty again: got %d bytes written, want 7", n)
	}
	b.Close()
	if n := some.WriteSome(sent); n != 0 {
		t.Errorf("the reader has gone: got %d bytes written, want none", n)
	}
}

func TestHTTPLivesInABubble(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := memnet.New()
		ln, err := n.Listen("127.0.0.1:8081")
		if err != nil {
			t.Fatal(err)
		}
		srv := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			time.Sleep(time.Minute)
			fmt.Fprint(w, r.Host)
		})}
		go srv.Serve(ln)
		client := &http.Client{Transport: &http.Transport{DialContext: n.DialContext}}
		resp, err := client.Get("http://127.0.0.1:8081/")
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(resp.Body)
		resp.Body.Close()
		if string(body) != "127.0.0.1:8081" {
			t.Errorf("got %q", body)
		}
		client.CloseIdleConnections()
		srv.Close()
	})
}
