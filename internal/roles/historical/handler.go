package historical

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/hashicorp/go-hclog"

	"oakmoot/internal/druid"
	"oakmoot/internal/rows/dataserver"
	"oakmoot/internal/zk/announce"
	"oakmoot/internal/zk/zkcache"
	"oakmoot/internal/zk/zkconn"
)

// handler loads and drops segments as its load queue says: ZkCoordinator and
// SegmentLoadDropHandler of Druid.
type handler struct {
	cfg       Config
	zc        zkconn.Conn
	log       hclog.Logger
	served    *dataserver.Segments
	segments  *announce.Segments
	dropDelay time.Duration
	queries   *dataserver.Resource
	following atomic.Bool // from before the loop until its end; read by HTTP

	// The loop goroutine owns everything below. Before it starts, bootstrap does.
	cache    *cache
	loaded   map[druid.SegmentID]druid.DataSegment
	dropping map[druid.SegmentID]time.Time // un-announced, and when their files go
	queue    []request
	finished chan func() // what the request under way has to say at its end; nil when there is none
}

func newHandler(cfg Config, zc zkconn.Conn, announcer *announce.Announcer) (*handler, error) {
	c, err := openCache(cfg)
	if err != nil {
		return nil, err
	}
	h := &handler{
		cfg: cfg, zc: zc, log: cfg.Log, cache: c,
		served:    new(dataserver.Segments),
		segments:  announce.NewSegments(announcer, cfg.Server, cfg.Paths, dataserver.AnnounceConfig(cfg.Props, cfg.Announce)),
		dropDelay: time.Duration(cfg.Props.Int64("druid.segmentCache.dropSegmentDelayMillis", 30000)) * time.Millisecond,
		loaded:    make(map[druid.SegmentID]druid.DataSegment),
		dropping:  make(map[druid.SegmentID]time.Time),
	}
	h.queries = dataserver.NewResource(h.served.Answer, cfg.Log)
	return h, nil
}

// maxQueued bounds the requests that wait; a coordinator has one under way at a
// time, so more than that are a mistake of whoever wrote them.
const maxQueued = 100_000

// loop follows the load queue until ctx ends, and returns when the request that
// is then under way has been abandoned.
func (h *handler) loop(ctx context.Context) error {
	queue := zkcache.Start(ctx, h.zc, h.cfg.Paths.LoadQueueOf(h.cfg.Server.Name), zkcache.Options{Data: true, Decompress: true, Log: h.log})
	defer queue.Stop()
	defer h.following.Store(false)
	drops := time.NewTimer(time.Hour)
	defer drops.Stop()
	for {
		h.startNext(ctx)
		h.resetTimer(drops)
		select {
		case e, ok := <-queue.Events():
			if !ok {
				return fmt.Errorf("load queue: the watch of %s has ended", h.cfg.Paths.LoadQueueOf(h.cfg.Server.Name))
			}
			h.receive(e)
		case last := <-h.finished:
			h.finished = nil
			last()
		case <-drops.C:
			h.dropDue(time.Now())
		case <-ctx.Done():
			if h.finished != nil {
				(<-h.finished)()
			}
			return nil
		}
	}
}

// resetTimer sets the timer to the next segment whose files are to go.
func (h *handler) resetTimer(t *time.Timer) {
	wait := time.Hour
	for _, at := range h.dropping {
		wait = min(wait, max(0, time.Until(at)))
	}
	t.Reset(wait)
}

// receive queues a request that has appeared. A payload that is no request is
// left where it is, as in Druid: its coordinator will time out.
func (h *handler) receive(e zkcache.Event) {
	if e.Type != zkcache.Added {
		return
	}
	r, err := parseRequest(e.Path, e.Data)
	if err == nil && len(h.queue) >= maxQueued {
		err = fmt.Errorf("%d requests are waiting already", maxQueued)
	}
	if err != nil {
		h.log.Error("load queue entry not understood, it stays", "path", e.Path, "error", err)
		return
	}
	h.queue = append(h.queue, r)
}

// startNext begins the first request that waits, unless one is under way.
func (h *handler) startNext(ctx context.Context) {
	if h.finished != nil || len(h.queue) == 0 || ctx.Err() != nil {
		return
	}
	next := h.queue[0]
	h.queue = h.queue[1:]
	work := h.begin(next)
	done := make(chan func(), 1)
	h.finished = done
	go func() { done <- work(ctx) }()
}

// job is the part of a request that takes time. It runs beside the loop; the
// function that it returns is run by the loop.
type job func(ctx context.Context) (last func())

func (h *handler) begin(r request) job {
	switch r.Action {
	case druid.ActionLoad:
		return h.beginLoad(r)
	case druid.ActionDrop:
		return h.beginDrop(r)
	}
	return func(ctx context.Context) func() {
		h.acknowledge(ctx, r)
		return func() {}
	}
}
