package historical

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"

	"oakmoot/internal/druid"
	"oakmoot/internal/run/deepstore"
	"oakmoot/internal/run/disk"
	"oakmoot/internal/run/memnet"
	"oakmoot/internal/run/node"
	"oakmoot/internal/zk/announce"
	"oakmoot/internal/zk/zkconn"
	"oakmoot/internal/zk/zkpath"
	"oakmoot/zkembed"
)

// BenchmarkBootstrap reads and announces what the cache holds: segments without files, of which only the info files
// have to be read.
func BenchmarkBootstrap(b *testing.B) {
	for _, segments := range []int{1000, 10_000, 100_000} {
		b.Run(fmt.Sprint(segments), func(b *testing.B) {
			network, dir := memnet.New(), b.TempDir()
			server := zkembed.RunT(b, zkembed.Options{Network: network})
			paths, err := zkpath.New(nil)
			if err != nil {
				b.Fatal(err)
			}
			zc, err := zkconn.Open(b.Context(), zkconn.Options{Servers: []string{server.Addr()}, SessionTimeout: time.Minute, Dial: network.DialContext})
			if err != nil {
				b.Fatal(err)
			}
			defer zc.Close()
			cfg := Config{Announce: announce.Batch, Server: druid.ServerMetadata{Name: host, Host: host, MaxSize: 1 << 50, Type: druid.TypeHistorical, Tier: druid.DefaultTier}}
			cfg.Dir, cfg.Disk, cfg.Log, cfg.Paths, cfg.Clock, cfg.Props = dir, disk.OS{}, hclog.NewNullLogger(), paths, nil, node.Properties{}
			noteAll(b, cfg, segments)
			for b.Loop() {
				bootstrapOnce(b, cfg, zc, segments)
			}
			b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N*segments), "µs/segment")
		})
	}
}

// noteAll writes the info files of hours.
func noteAll(b *testing.B, cfg Config, segments int) {
	b.Helper()
	c, err := openCache(cfg)
	if err != nil {
		b.Fatal(err)
	}
	for i := range segments {
		start := druid.Timestamp(i) * 3_600_000
		s := druid.DataSegment{
			DataSource: "big", Interval: druid.Interval{Start: start, End: start + 3_600_000}, Version: "2019-01-01T00:00:00.000Z", LoadSpec: deepstore.Generated,
			ShardSpec: druid.NumberedShardSpec(0, 1), Size: 1 << 20,
		}
		if err := c.note(s); err != nil {
			b.Fatal(err)
		}
	}
	b.Cleanup(func() { _ = os.RemoveAll(filepath.Join(cfg.Dir, "segment-cache")) })
}

func bootstrapOnce(b *testing.B, cfg Config, zc zkconn.Conn, segments int) {
	b.Helper()
	announcer := announce.NewAnnouncer(zc, cfg.Log)
	ctx, stop := context.WithCancel(b.Context())
	ended := make(chan error, 1)
	go func() { ended <- announcer.Run(ctx) }()
	h, err := newHandler(cfg, zc, announcer)
	if err == nil {
		err = h.bootstrap(ctx)
	}
	b.StopTimer()
	defer b.StartTimer()
	if err != nil || len(h.loaded) != segments {
		b.Fatalf("got %d segments, %v", len(h.loaded), err)
	}
	stop()
	if err := <-ended; err != nil {
		b.Fatal(err)
	}
}
