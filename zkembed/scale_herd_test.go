package zkembed_test

import (
	"fmt"
	"math"
	"testing"
	"time"

	"oakmoot/internal/zk/zkwire"
	"oakmoot/zkembed"
)

// BenchmarkScaleHerd says what a session, an ephemeral and a watch cost: each session owns
// 200 ephemerals and watches 1,000, its own and those of four others, so that each is
// watched by five.
func BenchmarkScaleHerd(b *testing.B) {
	for _, sessions := range []int{100, 1000, 10_000} {
		b.Run(fmt.Sprint(sessions), func(b *testing.B) {
			for b.Loop() {
				scaleHerd(b, sessions)
			}
		})
	}
}

func scaleHerd(b *testing.B, sessions int) {
	const each, watchers, setAtOnce = 200, 5, 40
	srv := zkembed.RunT(b, zkembed.Options{MaxSessionTimeout: lasting})
	path := func(session, i int) string {
		return fmt.Sprintf("/druid/segments/host%05d/e%06d", session%sessions, i)
	}
	measured := func(name string, n int, f func()) {
		before, start := heapInUse(), time.Now()
		f()
		b.ReportMetric(float64(time.Since(start).Nanoseconds())/float64(n), "ns/"+name)
		b.ReportMetric((heapInUse()-before)/float64(n), "B/"+name)
	}
	var clients []*wireClient
	measured("session", sessions, func() {
		for range sessions {
			clients = append(clients, openScale(b, srv))
		}
	})
	clients[0].flood(2, func(i int) (zkwire.Op, zkwire.Record) {
		return zkwire.OpCreate, &zkwire.CreateRequest{Path: "/druid/segments"[:6+9*i], ACL: zkwire.OpenACL}
	})
	clients[0].flood(sessions, createNth("/druid/segments/host%05d", 0, 0))
	measured("ephemeral", sessions*each, func() {
		for s, c := range clients {
			c.flood(each, func(i int) (zkwire.Op, zkwire.Record) {
				return zkwire.OpCreate, &zkwire.CreateRequest{Path: path(s, i), ACL: zkwire.OpenACL, Flags: zkwire.FlagEphemeral}
			})
		}
	})
	measured("watch", sessions*each*watchers, func() {
		for s, c := range clients {
			c.flood(each*watchers/setAtOnce, func(n int) (zkwire.Op, zkwire.Record) {
				q := zkwire.SetWatchesRequest{Since: math.MaxInt64}
				for i := n * setAtOnce; i < (n+1)*setAtOnce; i++ {
					q.Data = append(q.Data, path(s+i/each, i%each))
				}
				return zkwire.OpSetWatches, &q
			})
		}
	})
	count, err := srv.WatchCount(b.Context())
	if err != nil || count.Watches != sessions*each*watchers {
		b.Fatalf("got %+v, %v; want %d watches", count, err, sessions*each*watchers)
	}
}
