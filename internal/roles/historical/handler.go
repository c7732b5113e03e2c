package historical

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/hashicorp/go-hclog"

	"oakmoot/internal/druid"
	"oakmoot/internal/rows/dataserver"
	"oakmoot/internal/run/loop"
	"oakmoot/internal/run/museum"
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
	following atomic.Bool // from before follow until its end; read by HTTP
	loop      *loop.Loop  // at most one request is in progress beside it

	// The loop owns everything below; before it starts, bootstrap does.
	cache    *cache
	loaded   map[druid.SegmentID]druid.DataSegment
	dropping *deleteList
	queue    []request
}

func newHandler(cfg Config, zc zkconn.Conn, announcer *announce.Announcer) (*handler, error) {
	c, err := openCache(cfg)
	if err != nil {
		return nil, err
	}
	announces := dataserver.AnnounceConfig(cfg.Env, cfg.Announce)
	announces.ForgetsWhatDoesNotFit = cfg.Museum.Has(museum.ForgetsWhatDoesNotFit)
	dropping := newDeleteList(cfg.Clock, time.Duration(cfg.Props.Int64("druid.segmentCache.dropSegmentDelayMillis", 30000))*time.Millisecond)
	dropping.byFirst = cfg.Museum.Has(museum.DeletesByTheFirstDrop)
	return &handler{
		cfg: cfg, zc: zc, log: cfg.Log, cache: c, loop: loop.NewBy(cfg.Clock, "the load queue"),
		served:   new(dataserver.Segments),
		segments: announce.NewSegments(announcer, cfg.Server, cfg.Paths, announces),
		loaded:   make(map[druid.SegmentID]druid.DataSegment),
		dropping: dropping,
	}, nil
}

// maxQueued bounds the waiting requests. A coordinator has one in flight at a time, so more than this many are a
// mistake of whoever wrote them.
const maxQueued = 100_000

// leastLook is how often the delete list is checked if nothing is due.
const leastLook = time.Hour

// follow carries out the load queue until ctx ends, and returns once the request then in progress has been abandoned.
func (h *handler) follow(ctx context.Context) error {
	queue := zkcache.Start(ctx, h.zc, h.cfg.Paths.LoadQueueOf(h.cfg.Server.Name), zkcache.Options{Data: true, Decompress: true, Log: h.log})
	defer queue.Stop()
	defer h.following.Store(false)
	defer h.loop.End()
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	drops := h.cfg.Clock.NewTimer(leastLook)
	defer drops.Stop()
	for {
		h.startNext(ctx)
		drops.Reset(h.dropping.wait(leastLook))
		select {
		case e, ok := <-queue.Events():
			if !ok {
				return fmt.Errorf("load queue: the watch of %s has ended", h.cfg.Paths.LoadQueueOf(h.cfg.Server.Name))
			}
			h.receive(e)
		case f := <-h.loop.Calls():
			f()
		case <-drops.C:
			h.dropDue(h.cfg.Clock.Steady())
		case <-ctx.Done():
			return nil
		}
	}
}

// receive queues a new request. A payload that is not a request is left where it is, as in Druid: its coordinator
// will time out.
func (h *handler) receive(e zkcache.Event) {
	if e.Type != zkcache.Added {
		return
	}
	r, err := parseRequest(e.Path, e.Data)
	if err == nil && len(h.queue) >= maxQueued {
		err = fmt.Errorf("%d requests are waiting already", maxQueued)
	}
	if err != nil {
		h.log.Error("load queue entry not understood and left in place", "path", e.Path, "error", err)
		return
	}
	h.queue = append(h.queue, r)
	h.log.Debug("request", "action", r.Action, "segment", r.Segment.ID(), "waiting", len(h.queue))
}

// startNext begins the first waiting request, unless one is in progress.
func (h *handler) startNext(ctx context.Context) {
	if h.loop.Pending() > 0 || len(h.queue) == 0 || ctx.Err() != nil {
		return
	}
	next := h.queue[0]
	h.queue = h.queue[1:]
	work := h.begin(next)
	h.loop.Async(func() (last func()) { return work(ctx) })
}

// job is the slow part of a request. It runs beside the loop; the loop runs the function that it returns, if any.
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
		return nil
	}
}
