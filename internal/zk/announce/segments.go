package announce

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"sync"

	"oakmoot/internal/druid"
	"oakmoot/internal/run/clock"
	"oakmoot/internal/zk/zkpath"
)

// Form is how segments are announced.
type Form int

// Forms. Legacy is the documented one: a node per segment under servedSegments. Batch
// is what Druid 0.14 writes: nodes with up to fifty segments each under segments.
const (
	Both Form = iota
	Legacy
	Batch
)

// SegmentsConfig is druid.announcer.*, and the form.
type SegmentsConfig struct {
	Form                     Form
	PerNode                  int // segments per batch node; 0 means 50
	MaxBytes                 int // of a batch node's JSON; 0 means 524288
	SkipLoadSpec             bool
	SkipDimensionsAndMetrics bool
	Clock                    *clock.Clock // whose time names batch nodes

	// ForgetsWhatDoesNotFit takes a segment for announced when every open node is too
	// full for it: a bug, for the museum.
	ForgetsWhatDoesNotFit bool
}

// Segments announces segments: BatchDataSegmentAnnouncer of Druid, and the form with a
// node per segment that Druid documents. Its methods may be called from any goroutine;
// they run one at a time.
type Segments struct {
	a     *Announcer
	self  druid.ServerMetadata
	paths zkpath.Paths
	cfg   SegmentsConfig

	turn      chan struct{} // held by the call under way
	where     map[druid.SegmentID]*batch
	available []*batch // that have room, by name
	named     int      // nodes created so far
}

// NewSegments returns an announcer of a server's segments.
func NewSegments(a *Announcer, self druid.ServerMetadata, paths zkpath.Paths, cfg SegmentsConfig) *Segments {
	cfg.PerNode, cfg.MaxBytes = cmp.Or(cfg.PerNode, 50), cmp.Or(cfg.MaxBytes, 524288)
	return &Segments{a: a, self: self, paths: paths, cfg: cfg, turn: make(chan struct{}, 1), where: map[druid.SegmentID]*batch{}}
}

// enter waits for the call's turn.
func (s *Segments) enter(ctx context.Context) (leave func(), err error) {
	select {
	case s.turn <- struct{}{}:
		return sync.OnceFunc(func() { <-s.turn }), nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// Announce announces segments; those already announced are left alone.
func (s *Segments) Announce(ctx context.Context, segs ...druid.DataSegment) error {
	leave, err := s.enter(ctx)
	if err != nil {
		return err
	}
	defer leave()
	for _, seg := range segs {
		if _, ok := s.where[seg.ID()]; ok {
			continue
		}
		if err := s.announce(ctx, seg); err != nil {
			return fmt.Errorf("announce segment %s: %w", seg.ID(), err)
		}
	}
	return nil
}

// announce puts a segment into the first node that has room, or into a new one.
func (s *Segments) announce(ctx context.Context, seg druid.DataSegment) error {
	shown := s.shown(seg)
	json, err := s.json(shown)
	if err != nil {
		return err
	}
	if err := s.announceLegacy(ctx, shown); err != nil || s.cfg.Form == Legacy {
		if err == nil {
			s.where[seg.ID()] = &batch{}
		}
		return err
	}
	forgets := s.cfg.ForgetsWhatDoesNotFit && len(s.available) > 0
	for len(s.available) > 0 {
		b := s.available[0]
		if !s.fits(b, len(json)) {
			s.available = s.available[1:]
			continue
		}
		b.add(seg.ID(), json)
		s.where[seg.ID()] = b
		if len(b.segs) >= s.cfg.PerNode {
			s.available = s.available[1:]
		}
		return s.write(ctx, b, s.a.Update)
	}
	b := s.newBatch()
	b.add(seg.ID(), json)
	s.where[seg.ID()] = b
	if forgets {
		return nil
	}
	if len(b.segs) < s.cfg.PerNode {
		s.makeAvailable(b)
	}
	return s.write(ctx, b, s.create)
}

// AnnounceAll announces what a server has when it starts, packed into as few nodes as
// will hold it. It always writes a last node, even an empty one, and does not reuse its
// nodes until a segment has been taken out of them.
func (s *Segments) AnnounceAll(ctx context.Context, segs ...druid.DataSegment) error {
	leave, err := s.enter(ctx)
	if err != nil {
		return err
	}
	defer leave()
	b := s.newBatch()
	for _, seg := range segs {
		if _, ok := s.where[seg.ID()]; ok {
			continue
		}
		shown := s.shown(seg)
		json, err := s.json(shown)
		if err != nil {
			return fmt.Errorf("announce segment %s: %w", seg.ID(), err)
		}
		if len(b.segs) > 0 && !s.fits(b, len(json)) {
			if err := s.flush(ctx, b); err != nil {
				return err
			}
			b = s.newBatch()
		}
		if err := s.announceLegacy(ctx, shown); err != nil {
			return fmt.Errorf("announce segment %s: %w", seg.ID(), err)
		}
		b.add(seg.ID(), json)
		s.where[seg.ID()] = b
	}
	return s.flush(ctx, b)
}

func (s *Segments) flush(ctx context.Context, b *batch) error {
	if s.cfg.Form == Legacy {
		return nil
	}
	return s.write(ctx, b, s.create)
}

// Unannounce withdraws segments; those not announced are ignored.
func (s *Segments) Unannounce(ctx context.Context, segs ...druid.DataSegment) error {
	leave, err := s.enter(ctx)
	if err != nil {
		return err
	}
	defer leave()
	for _, seg := range segs {
		if err := s.unannounce(ctx, seg.ID()); err != nil {
			return fmt.Errorf("unannounce segment %s: %w", seg.ID(), err)
		}
	}
	return nil
}

func (s *Segments) unannounce(ctx context.Context, id druid.SegmentID) error {
	b := s.where[id]
	if b == nil {
		return nil
	}
	if s.cfg.Form != Batch {
		if err := s.a.Unannounce(ctx, s.paths.ServedSegment(s.self.Name, id.String())); err != nil {
			return err
		}
	}
	delete(s.where, id)
	if s.cfg.Form == Legacy {
		return nil
	}
	b.remove(id)
	if len(b.segs) == 0 {
		s.available = slices.DeleteFunc(s.available, func(o *batch) bool { return o == b })
		return s.a.Unannounce(ctx, s.paths.Segment(s.self.Name, b.name))
	}
	s.makeAvailable(b)
	return s.write(ctx, b, s.a.Update)
}

func (s *Segments) announceLegacy(ctx context.Context, seg druid.DataSegment) error {
	if s.cfg.Form == Batch {
		return nil
	}
	data, err := druid.Marshal(seg)
	if err != nil {
		return err
	}
	return s.a.Announce(ctx, s.paths.ServedSegment(s.self.Name, seg.ID().String()), data, false)
}

func (s *Segments) create(ctx context.Context, path string, data []byte) error {
	return s.a.Announce(ctx, path, data, true)
}

func (s *Segments) write(ctx context.Context, b *batch, to func(context.Context, string, []byte) error) error {
	content := contents.Get().(*[]byte)
	defer contents.Put(content)
	*content = b.array((*content)[:0])
	return to(ctx, s.paths.Segment(s.self.Name, b.name), *content)
}

// contents are where the nodes' contents are written before they are packed.
var contents = sync.Pool{New: func() any { return new([]byte) }}

// shown returns a segment as the configuration lets others see it.
func (s *Segments) shown(seg druid.DataSegment) druid.DataSegment {
	if s.cfg.SkipLoadSpec {
		seg.LoadSpec = nil
	}
	if s.cfg.SkipDimensionsAndMetrics {
		seg.Dimensions, seg.Metrics = nil, nil
	}
	return seg
}

func (s *Segments) makeAvailable(b *batch) {
	i, found := slices.BinarySearchFunc(s.available, b, func(a, o *batch) int { return cmp.Compare(a.name, o.name) })
	if !found {
		s.available = slices.Insert(s.available, i, b)
	}
}

// json is a segment as it is written. It is an error if that is too long for a node even when alone in its array.
func (s *Segments) json(seg druid.DataSegment) ([]byte, error) {
	b, err := druid.Marshal(seg)
	if err != nil {
		return nil, err
	}
	if len(b)+len("[]") > s.cfg.MaxBytes {
		return nil, fmt.Errorf("byte size %d exceeds %d", len(b), s.cfg.MaxBytes)
	}
	return b, nil
}
