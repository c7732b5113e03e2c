package dataserver

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"

	"oakmoot/internal/druid"
	"oakmoot/internal/run/loop"
	"oakmoot/internal/run/node"
	"oakmoot/internal/zk/announce"
	"oakmoot/internal/zk/zkconn"
	"oakmoot/internal/zk/zkpath"
)

// EnsureDirs creates a data server's persistent directories, in the order of
// ZkCoordinator.start: its load queue, its served segments, its live segments.
func EnsureDirs(ctx context.Context, zc zkconn.Conn, paths zkpath.Paths, server string) error {
	for _, path := range []string{paths.LoadQueueOf(server), paths.ServedSegmentsOf(server), paths.SegmentsOf(server)} {
		stat, err := zc.Exists(ctx, path)
		if err == nil && stat == nil {
			_, err = zc.CreateParents(ctx, path, nil, zkconn.Persistent)
		}
		if err != nil && !errors.Is(err, zkconn.ErrNodeExists) {
			return fmt.Errorf("create directory %s: %w", path, err)
		}
	}
	return nil
}

// AnnounceServer announces the server itself: CuratorDataSegmentServerAnnouncer.
// The parent directory stays when the server goes.
func AnnounceServer(ctx context.Context, a *announce.Announcer, paths zkpath.Paths, self druid.ServerMetadata) error {
	data, err := druid.Marshal(self)
	if err == nil {
		err = a.Announce(ctx, paths.Announcement(self.Name), data, false)
	}
	if err != nil {
		return fmt.Errorf("announce server %s: %w", self.Name, err)
	}
	return nil
}

// LookupTier is the tier of a process that takes lookups: druid.lookup.lookupTier.
func LookupTier(props node.Properties) string {
	return props.String("druid.lookup.lookupTier", "__default")
}

// AnnounceLookups announces that the process takes lookups: ListenerResourceAnnouncer.
// The payload is the time of the announcement. It returns the announcement's path, or
// "" when the release makes none.
func AnnounceLookups(ctx context.Context, a *announce.Announcer, env node.Env) (string, error) {
	if !env.Release.LookupListeners() {
		return "", nil
	}
	path := env.Paths.LookupListener(LookupTier(env.Props), env.Self.HostAndPort())
	now := binary.BigEndian.AppendUint64(nil, uint64(env.Clock.Now().UnixMilli()))
	if err := a.Announce(ctx, path, now, true); err != nil {
		return "", fmt.Errorf("announce lookup listener %s: %w", path, err)
	}
	return path, nil
}

// LookupNodeService is the part of a discovery entry that says the same.
func LookupNodeService(props node.Properties) (druid.NodeService, error) {
	const key = "lookupNodeService"
	raw, err := druid.Marshal(struct {
		Type string `json:"type"`
		Tier string `json:"lookupTier"`
	}{key, LookupTier(props)})
	return druid.NodeService{Key: key, JSON: raw}, err
}

// DataNodeService is the part of a discovery entry that describes a data server. Its
// second "type" is the server's: Jackson takes the first for the kind of service and
// the second for the field.
func DataNodeService(self druid.ServerMetadata) (druid.NodeService, error) {
	const key = "dataNodeService"
	fields, err := druid.Marshal(struct {
		Tier     string `json:"tier"`
		MaxSize  int64  `json:"maxSize"`
		Type     string `json:"type"`
		Priority int    `json:"priority"`
	}{self.Tier, self.MaxSize, self.Type, self.Priority})
	if err != nil {
		return druid.NodeService{}, err
	}
	raw := append([]byte(`{"type":"`+key+`",`), fields[1:]...)
	return druid.NodeService{Key: key, JSON: raw}, nil
}

// AnnounceConfig is druid.announcer.* of BatchDataSegmentAnnouncerConfig.
func AnnounceConfig(env node.Env, form announce.Form) announce.SegmentsConfig {
	props := env.Props
	return announce.SegmentsConfig{
		Form:                     form,
		Clock:                    env.Clock,
		PerNode:                  props.Int("druid.announcer.segmentsPerNode", 50),
		MaxBytes:                 props.Int("druid.announcer.maxBytesPerNode", 524288),
		SkipLoadSpec:             props.Bool("druid.announcer.skipLoadSpec", false),
		SkipDimensionsAndMetrics: props.Bool("druid.announcer.skipDimensionsAndMetrics", false),
	}
}

// Leave withdraws announcements in the given order, skipping "". It is brief and
// ignores failures: what is ephemeral goes with the session.
func Leave(ctx context.Context, a *announce.Announcer, paths ...string) {
	ctx, cancel := loop.Goodbye(ctx, loop.GoodbyeEntry)
	defer cancel()
	for _, path := range paths {
		if path != "" {
			_ = a.Unannounce(ctx, path)
		}
	}
}

// Withdraw calls a function that takes back some other announcement, with the same time
// limit as Leave, and ignores its failure too.
func Withdraw(ctx context.Context, withdraw func(context.Context) error) {
	ctx, cancel := loop.Goodbye(ctx, loop.GoodbyeEntry)
	defer cancel()
	_ = withdraw(ctx)
}
