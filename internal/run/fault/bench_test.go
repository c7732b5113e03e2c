package fault_test

import (
	"encoding/binary"
	"io"
	"math/rand/v2"
	"net"
	"testing"

	"oakmoot/internal/run/fault"
)

// still is a connection whose writes go nowhere and whose reads give the same frame
// again and again: what is measured is the link.
type still struct {
	net.Conn
	frame []byte
}

func (s still) Write(p []byte) (int, error) { return len(p), nil }
func (s still) Read(p []byte) (int, error)  { return copy(p, s.frame), nil }
func (s still) Close() error                { return nil }

// BenchmarkQuiet is a ZooKeeper request and its reply on a link without faults.
func BenchmarkQuiet(b *testing.B) {
	request := make([]byte, 64)
	binary.BigEndian.PutUint32(request, 60)
	binary.BigEndian.PutUint32(request[4:], 7)
	reply := make([]byte, 128)
	binary.BigEndian.PutUint32(reply, 124)
	binary.BigEndian.PutUint32(reply[4:], 7)
	for name, conn := range map[string]net.Conn{"nothing behind": still{frame: reply}, "sockets": echo(b, len(request), reply)} {
		b.Run(name, func(b *testing.B) {
			link := fault.NewLink(dialling(conn), rand.New(rand.NewPCG(1, 1)))
			c, err := link.DialZK(b.Context(), "tcp", "")
			if err != nil {
				b.Fatal(err)
			}
			in := make([]byte, len(reply))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := c.Write(request); err != nil {
					b.Fatal(err)
				}
				if _, err := io.ReadFull(c, in); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// echo is a real connection to a server that answers each request of a size with the reply.
func echo(b *testing.B, size int, reply []byte) net.Conn {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { ln.Close() })
	go func() {
		c, err := ln.Accept()
		if err != nil {
			return
		}
		defer c.Close()
		for in := make([]byte, size); ; {
			if _, err := io.ReadFull(c, in); err != nil {
				return
			}
			if _, err := c.Write(reply); err != nil {
				return
			}
		}
	}()
	c, err := net.Dial("tcp", ln.Addr().String())
	if err != nil {
		b.Fatal(err)
	}
	return c
}
