package zkembed_test

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"sync"
	"testing"
	"time"

	"oakmoot/internal/zk/zkwire"
	"oakmoot/zkembed"
)

// benchSessions and benchAhead are how many sessions work at once, and how many
// requests each sends ahead.
const (
	benchSessions = 16
	benchAhead    = 8
)

// benchClient sends requests that are already encoded, and skips the answers.
type benchClient struct {
	net net.Conn
	in  *bufio.Reader
}

func dialBench(b *testing.B, srv *zkembed.Server) *benchClient {
	nc, err := net.Dial("tcp", srv.Addr())
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { nc.Close() })
	c := &benchClient{nc, bufio.NewReader(nc)}
	c.send(b, &zkwire.ConnectRequest{Timeout: 30 * time.Second, Password: make([]byte, zkwire.PasswordLength)})
	c.skip(b)
	return c
}

func (c *benchClient) send(b *testing.B, records ...zkwire.Record) {
	e := zkwire.Encoder{Buf: make([]byte, 4, 256)}
	for _, r := range records {
		r.Encode(&e)
	}
	e.EndFrame(0)
	if _, err := c.net.Write(e.Buf); err != nil {
		b.Error(err)
	}
}

func (c *benchClient) skip(b *testing.B) {
	var head [4]byte
	_, err := io.ReadFull(c.in, head[:])
	if err == nil {
		_, err = c.in.Discard(int(binary.BigEndian.Uint32(head[:])))
	}
	if err != nil {
		b.Error(err)
	}
}

// benchRequests has all sessions carry out b.N requests between them.
func benchRequests(b *testing.B, srv *zkembed.Server, op zkwire.Op, request func(client, n int) zkwire.Record) {
	clients := make([]*benchClient, benchSessions)
	for i := range clients {
		clients[i] = dialBench(b, srv)
	}
	b.ReportAllocs()
	b.ResetTimer()
	var work sync.WaitGroup
	for i, c := range clients {
		ahead := make(chan struct{}, benchAhead)
		n := (b.N + i) / benchSessions
		work.Go(func() {
			for j := range n {
				ahead <- struct{}{}
				c.send(b, &zkwire.RequestHeader{Xid: zkwire.Xid(j + 1), Op: op}, request(i, j))
			}
		})
		work.Go(func() {
			for range n {
				c.skip(b)
				<-ahead
			}
		})
	}
	work.Wait()
}

// twoSets is a multi.
type twoSets struct{}

func (twoSets) Encode(e *zkwire.Encoder) {
	for range 2 {
		(&zkwire.MultiHeader{Op: zkwire.OpSetData, Code: -1}).Encode(e)
		(&zkwire.SetDataRequest{Path: "/", Data: make([]byte, 100), Version: -1}).Encode(e)
	}
	zkwire.MultiEnd.Encode(e)
}

func (twoSets) Decode(*zkwire.Decoder) { panic("nobody decodes it") }

func BenchmarkRequests(b *testing.B) {
	create := func(size int) func(client, n int) zkwire.Record {
		data := make([]byte, size)
		return func(client, n int) zkwire.Record {
			return &zkwire.CreateRequest{Path: fmt.Sprintf("/n-%d-%d", client, n), Data: data, ACL: zkwire.OpenACL}
		}
	}
	for _, bm := range []struct {
		name    string
		op      zkwire.Op
		request func(client, n int) zkwire.Record
	}{
		{"create100", zkwire.OpCreate, create(100)},
		{"create1k", zkwire.OpCreate, create(1000)},
		{"set", zkwire.OpSetData, func(int, int) zkwire.Record {
			return &zkwire.SetDataRequest{Path: "/", Data: make([]byte, 100), Version: -1}
		}},
		{"multi", zkwire.OpMulti, func(int, int) zkwire.Record { return twoSets{} }},
		{"get", zkwire.OpGetData, func(int, int) zkwire.Record { return &zkwire.ReadRequest{Path: "/"} }},
		{"exists", zkwire.OpExists, func(int, int) zkwire.Record { return &zkwire.ReadRequest{Path: "/zookeeper"} }},
	} {
		for _, fsync := range []struct {
			name   string
			policy zkembed.FsyncPolicy
		}{{"", zkembed.FsyncAlways}, {"-unsynced", zkembed.FsyncNever}} {
			b.Run(bm.name+fsync.name, func(b *testing.B) {
				srv := zkembed.RunT(b, zkembed.Options{DataDir: b.TempDir(), Fsync: fsync.policy})
				benchRequests(b, srv, bm.op, bm.request)
			})
		}
	}
}

// BenchmarkBootToFirstCreate is from New to the first acknowledged create, in memory.
func BenchmarkBootToFirstCreate(b *testing.B) {
	for b.Loop() {
		srv, stop := runUntilStopped(b, zkembed.Options{})
		openScale(b, srv).flood(1, createNth("/n%d", 100, 0))
		b.StopTimer()
		stop()
		b.StartTimer()
	}
}
