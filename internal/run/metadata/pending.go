package metadata

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"

	"oakmoot/internal/druid"
)

// AllocateRequest asks for the next segment of a sequence: the arguments of allocatePendingSegment.
type AllocateRequest struct {
	DataSource              string
	SequenceName            string
	PreviousSegmentID       string // "" for none
	Interval                druid.Interval
	MaxVersion              string // the lock's version
	SkipSegmentLineageCheck bool
}

// Allocate finds or creates the pending segment of a request: IndexerSQLMetadataStorageCoordinator. The same sequence
// and predecessor (without the lineage check, the same sequence and interval) get the same segment again. It is nil
// without an error if the interval's existing segments leave no room for another.
func (s Segments) Allocate(ctx context.Context, r AllocateRequest) (*druid.SegmentIDWithShardSpec, error) {
	var allocated *druid.SegmentIDWithShardSpec
	err := s.write(ctx, "allocate segment of "+r.DataSource, func(c conn) error {
		allocated = nil
		existing, err := c.pendingOf(ctx, r)
		if err != nil {
			return err
		}
		if len(existing) > 0 {
			if existing[0].Interval == r.Interval {
				allocated = &existing[0]
			}
			return nil
		}
		if allocated, err = c.nextPending(ctx, r); err != nil || allocated == nil {
			return err
		}
		return c.insertPending(ctx, r, *allocated)
	})
	if err != nil {
		return nil, err
	}
	return allocated, nil
}

// readPending reads a pending segment. An unreadable one is an error, as in Druid: the next segment allocated might
// turn out to be the same one.
func readPending(s scan) (druid.SegmentIDWithShardSpec, error) {
	var row string
	var payload []byte
	var id druid.SegmentIDWithShardSpec
	err := s(&row, &payload)
	if err == nil {
		err = json.Unmarshal(payload, &id)
	}
	if err == nil && (id.DataSource == "" || id.Version == "") {
		err = fmt.Errorf("dataSource and version are required: %.200s", payload)
	}
	if err != nil {
		return id, fmt.Errorf("row %s of druid_pendingSegments cannot be read: %w", row, err)
	}
	return id, nil
}

// pendingOf finds what an earlier identical request got.
func (c conn) pendingOf(ctx context.Context, r AllocateRequest) ([]druid.SegmentIDWithShardSpec, error) {
	const sequence = "SELECT id, payload FROM druid_pendingSegments WHERE dataSource = ? AND sequence_name = ? AND "
	if r.SkipSegmentLineageCheck {
		return collect(ctx, c, readPending, sequence+`start = ? AND "end" = ?`,
			r.DataSource, r.SequenceName, r.Interval.Start.String(), r.Interval.End.String())
	}
	return collect(ctx, c, readPending, sequence+"sequence_prev_id = ?", r.DataSource, r.SequenceName, r.PreviousSegmentID)
}

// nextPending is the segment after all published and pending ones of the interval.
func (c conn) nextPending(ctx context.Context, r AllocateRequest) (*druid.SegmentIDWithShardSpec, error) {
	published, err := c.usedOverlapping(ctx, r.DataSource, []druid.Interval{r.Interval})
	if err != nil {
		return nil, err
	}
	pending, err := collect(ctx, c, readPending, `SELECT id, payload FROM druid_pendingSegments
		WHERE dataSource = ? AND start <= ? AND "end" >= ?`, r.DataSource, r.Interval.End.String(), r.Interval.Start.String())
	if err != nil {
		return nil, err
	}
	chunks := visibleChunks(published, r.Interval)
	if len(chunks) > 1 {
		return nil, nil // one segment cannot extend two chunks
	}
	var existing []druid.DataSegment
	if len(chunks) == 1 {
		existing = chunks[0]
	}
	return successor(r, highest(r.Interval, existing, pending)), nil
}

// highest is the existing segment that the next one must follow.
func highest(within druid.Interval, existing []druid.DataSegment, pending []druid.SegmentIDWithShardSpec) *druid.SegmentIDWithShardSpec {
	var top *druid.SegmentIDWithShardSpec
	for _, s := range existing {
		if top == nil || top.ShardSpec.PartitionNum < s.ShardSpec.PartitionNum {
			top = &druid.SegmentIDWithShardSpec{DataSource: s.DataSource, Interval: s.Interval, Version: s.Version, ShardSpec: s.ShardSpec}
		}
	}
	for _, p := range pending {
		if !p.Interval.Overlaps(within) {
			continue
		}
		if top == nil || p.Version > top.Version ||
			p.Version == top.Version && p.ShardSpec.PartitionNum > top.ShardSpec.PartitionNum {
			top = &p
		}
	}
	return top
}

// successor is the segment after top, or nil if top allows none.
func successor(r AllocateRequest, top *druid.SegmentIDWithShardSpec) *druid.SegmentIDWithShardSpec {
	if top == nil {
		return &druid.SegmentIDWithShardSpec{DataSource: r.DataSource, Interval: r.Interval, Version: r.MaxVersion,
			ShardSpec: druid.NumberedShardSpec(0, 0)}
	}
	if top.Interval != r.Interval || top.Version > r.MaxVersion {
		return nil
	}
	next := *top
	switch top.ShardSpec.Type {
	case "linear":
		next.ShardSpec = druid.LinearShardSpec(top.ShardSpec.PartitionNum + 1)
	case "numbered", "hashed": // Java's hashed is a subclass of numbered
		next.ShardSpec = druid.NumberedShardSpec(top.ShardSpec.PartitionNum+1, top.ShardSpec.Partitions)
	default:
		return nil
	}
	return &next
}

func (c conn) insertPending(ctx context.Context, r AllocateRequest, id druid.SegmentIDWithShardSpec) error {
	payload, err := druid.Marshal(id)
	if err != nil {
		return err
	}
	previous := r.PreviousSegmentID
	if r.SkipSegmentLineageCheck {
		previous = ""
	}
	name := druid.SegmentID{DataSource: id.DataSource, Interval: id.Interval, Version: id.Version, Partition: id.ShardSpec.PartitionNum}
	_, err = c.exec(ctx, `INSERT INTO druid_pendingSegments
		(id, dataSource, created_date, start, "end", sequence_name, sequence_prev_id, sequence_name_prev_id_sha1, payload)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		name.String(), r.DataSource, druid.At(c.clock.Now()).String(), id.Interval.Start.String(), id.Interval.End.String(),
		r.SequenceName, previous, sequenceKey(r), payload)
	return err
}

// sequenceKey is the unique key that keeps a sequence from forking.
func sequenceKey(r AllocateRequest) string {
	second := []byte(r.PreviousSegmentID)
	if r.SkipSegmentLineageCheck {
		second = binary.LittleEndian.AppendUint64(nil, uint64(r.Interval.Start))
		second = binary.LittleEndian.AppendUint64(second, uint64(r.Interval.End))
	}
	return sha1Of([]byte(r.SequenceName), []byte{0xff}, second)
}

// DeletePending deletes the pending segments of a datasource that were created in the interval and returns how many.
func (s Segments) DeletePending(ctx context.Context, dataSource string, created druid.Interval) (int, error) {
	deleted := 0
	err := s.write(ctx, "delete pending segments of "+dataSource, func(c conn) (err error) {
		deleted, err = c.exec(ctx, "DELETE FROM druid_pendingSegments WHERE dataSource = ? AND created_date >= ? AND created_date < ?",
			dataSource, created.Start.String(), created.End.String())
		return err
	})
	return deleted, err
}
