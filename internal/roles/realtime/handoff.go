package realtime

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/hashicorp/go-hclog"

	"oakmoot/internal/druid"
	"oakmoot/internal/run/clock"
	"oakmoot/internal/run/loop"
	"oakmoot/internal/zk/discovery"
)

// handoffs keeps asking the leading coordinator which segments the historicals have
// taken over: CoordinatorBasedSegmentHandoffNotifier.
type handoffs struct {
	coordinator *discovery.LeaderClient
	period      time.Duration // druid.segment.handoff.pollDuration
	log         hclog.Logger
	loop        *loop.Loop
	open        map[druid.SegmentID]pending // owned by the loop
}

// pending is a segment that has been, or is being, pushed.
type pending struct {
	segment druid.DataSegment
	done    func()     // run once, by the owner
	owner   *loop.Loop // of the sink
}

func newHandoffs(by *clock.Clock, coordinator *discovery.LeaderClient, period time.Duration, log hclog.Logger) *handoffs {
	return &handoffs{coordinator: coordinator, period: period, log: log, loop: loop.NewBy(by, "the handoff notifier"), open: make(map[druid.SegmentID]pending)}
}

// watch starts asking about a segment; a second call changes nothing. Once ctx or the
// notifier has ended, nobody asks: the next incarnation will.
func (h *handoffs) watch(ctx context.Context, p pending) {
	_ = h.loop.Post(ctx, func() { h.open[p.segment.ID()] = p })
}

// run asks until ctx ends, about one segment after another.
func (h *handoffs) run(ctx context.Context) error {
	defer h.loop.End()
	ticks := h.loop.Clock.NewTicker(h.period)
	defer ticks.Stop()
	for {
		select {
		case f := <-h.loop.Calls():
			f()
		case <-ticks.C:
			h.check(ctx)
		case <-ctx.Done():
			return nil
		}
	}
}

// check asks about the watched segments, unless that is still under way.
func (h *handoffs) check(ctx context.Context) {
	if h.loop.Pending() > 0 || len(h.open) == 0 {
		return
	}
	var segments []druid.DataSegment
	for _, p := range h.open {
		segments = append(segments, p.segment)
	}
	slices.SortFunc(segments, func(a, b druid.DataSegment) int { return a.ID().Compare(b.ID()) })
	h.loop.Async(func() (last func()) {
		taken := h.askAll(ctx, segments)
		return func() {
			for _, id := range taken {
				p := h.open[id]
				delete(h.open, id)
				_ = p.owner.Post(ctx, p.done) // a stream that has ended has nothing to hand off
			}
		}
	})
}

// askAll returns which of the segments have been taken over.
func (h *handoffs) askAll(ctx context.Context, segments []druid.DataSegment) []druid.SegmentID {
	var taken []druid.SegmentID
	for _, s := range segments {
		ok, err := h.ask(ctx, s)
		if err != nil && ctx.Err() == nil {
			h.log.Warn("handoff not checked, will be tried again", "segment", s.ID().String(), "error", err)
		}
		if ok {
			taken = append(taken, s.ID())
		}
	}
	return taken
}

// maxHandoffAnswer is the longest answer accepted from a coordinator, in bytes.
const maxHandoffAnswer = 16 << 20

func (h *handoffs) ask(ctx context.Context, s druid.DataSegment) (bool, error) {
	path := fmt.Sprintf("/druid/coordinator/v1/datasources/%s/handoffComplete?interval=%s&partitionNumber=%d&version=%s",
		url.PathEscape(s.DataSource), url.QueryEscape(s.Interval.String()), s.ShardSpec.PartitionNum, url.QueryEscape(s.Version))
	var complete bool
	code, err := h.get(ctx, path, &complete)
	if code == http.StatusNotFound {
		return h.askView(ctx, s)
	}
	return complete, err
}

// askView asks a coordinator that does not know handoffComplete which servers hold the
// interval, and decides from that.
func (h *handoffs) askView(ctx context.Context, s druid.DataSegment) (bool, error) {
	path := fmt.Sprintf("/druid/coordinator/v1/datasources/%s/intervals/%s_%s/serverview?partial=true",
		url.PathEscape(s.DataSource), s.Interval.Start, s.Interval.End)
	var view []served
	if _, err := h.get(ctx, path, &view); err != nil {
		return false, err
	}
	return takenOver(s, view), nil
}

// served is ImmutableSegmentLoadInfo.
type served struct {
	Segment druid.DataSegment      `json:"segment"`
	Servers []druid.ServerMetadata `json:"servers"`
}

func takenOver(s druid.DataSegment, view []served) bool {
	for _, v := range view {
		if !v.Segment.Interval.Contains(s.Interval) || v.Segment.ShardSpec.PartitionNum != s.ShardSpec.PartitionNum || v.Segment.Version < s.Version {
			continue
		}
		for _, server := range v.Servers {
			if server.ReplicationTarget() {
				return true
			}
		}
	}
	return false
}

func (h *handoffs) get(ctx context.Context, path string, to any) (int, error) {
	resp, err := h.coordinator.Do(ctx, http.MethodGet, path, nil, nil)
	if err != nil {
		return 0, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxHandoffAnswer))
	if err != nil {
		return 0, err
	}
	if resp.StatusCode != http.StatusOK {
		return resp.StatusCode, fmt.Errorf("GET %s: %s", path, resp.Status)
	}
	return resp.StatusCode, json.Unmarshal(body, to)
}
