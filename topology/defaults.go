package topology

import (
	"cmp"
	"slices"
	"time"

	"oakmoot/internal/stage/kinds"
)

// What a topology means where it says nothing.
const (
	defaultTick           = 2 * time.Second
	defaultSessionTimeout = 30 * time.Second // druid.zk.service.sessionTimeoutMs
	defaultTier           = "_default_tier"  // druid.server.tier
	defaultMaxSize        = 1 << 30
	defaultCapacity       = 2
	defaultStreamPeriod   = 10 * time.Minute // windowPeriod and intermediatePersistPeriod
	defaultGeneratedSize  = 500 << 20
	defaultGeneratedStart = "2000-01-01"
	defaultSettling       = 10 * time.Minute // of a run that ends when it has settled: what it waits for may never come
)

// WithDefaults is a copy in which everything that was left out is filled in. What
// does not apply, such as the capacity of a historical, stays empty.
func (t Topology) WithDefaults() Topology {
	t.Schema = cmp.Or(t.Schema, schema)
	t.Name = cmp.Or(t.Name, "oakmoot")
	t.DruidVersion = cmp.Or(t.DruidVersion, "0.14.0")
	t.ZooKeeper = t.ZooKeeper.withDefaults()
	if t.End == endSettled {
		t.RunFor = t.RunFor.or(defaultSettling)
	}
	t.Metadata.Kind = cmp.Or(t.Metadata.Kind, "sqlite")
	t.DeepStorage.Kind = cmp.Or(t.DeepStorage.Kind, "local")
	t.Defaults.LogLevel = cmp.Or(t.Defaults.LogLevel, "info")
	t.Defaults.Announcer = cmp.Or(t.Defaults.Announcer, "both")
	t.Defaults.ServerView = cmp.Or(t.Defaults.ServerView, "batch")
	t.Roles = mapped(t.Roles, Role.withDefaults)
	t.DataSources = mapped(t.DataSources, DataSource.withDefaults)
	reader := t.firstReader()
	t.Streams = mapped(t.Streams, func(s Stream) Stream { return s.withDefaults(reader) })
	return t
}

// mapped is a new slice with f of every element.
func mapped[T any](all []T, f func(T) T) []T {
	all = slices.Clone(all)
	for i := range all {
		all[i] = f(all[i])
	}
	return all
}

func (z ZooKeeper) withDefaults() ZooKeeper {
	z.Mode = cmp.Or(z.Mode, "embedded")
	z.Base = cmp.Or(z.Base, "/druid")
	z.SessionTimeout = z.SessionTimeout.or(defaultSessionTimeout)
	if z.Mode == "embedded" {
		z.Listen = cmp.Or(z.Listen, "127.0.0.1:0")
		z.Servers = cmp.Or(z.Servers, 1)
		z.Tick = z.Tick.or(defaultTick)
	}
	return z
}

func (r Role) withDefaults() Role {
	if len(r.Name) == 0 {
		r.Count = cmp.Or(r.Count, 1)
	}
	kind := kinds.Of(r.Kind)
	if kind.Has(kinds.KeyTier) {
		r.Tier = cmp.Or(r.Tier, defaultTier)
	}
	if kind.Has(kinds.KeyMaxSize) && !r.MaxSize.Set {
		r.MaxSize = Size{Bytes: defaultMaxSize, Set: true}
	}
	if kind.Has(kinds.KeyCapacity) {
		r.Capacity = cmp.Or(r.Capacity, defaultCapacity)
	}
	return r
}

func (d DataSource) withDefaults() DataSource {
	if d.Generates() {
		d.Generate = d.Generate.withDefaults()
		d.SegmentGranularity = cmp.Or(d.SegmentGranularity, "DAY")
		return d
	}
	d.Format = cmp.Or(d.Format, "json")
	d.TimestampFormat = cmp.Or(d.TimestampFormat, "auto")
	d.SegmentGranularity = cmp.Or(d.SegmentGranularity, "DAY")
	d.QueryGranularity = cmp.Or(d.QueryGranularity, "NONE")
	return d
}

func (g Generate) withDefaults() Generate {
	g.Partitions = cmp.Or(g.Partitions, 1)
	g.Start = cmp.Or(g.Start, defaultGeneratedStart)
	if !g.Size.Set {
		g.Size = Size{Bytes: defaultGeneratedSize, Set: true}
	}
	return g
}

func (s Stream) withDefaults(reader string) Stream {
	s.Node = cmp.Or(s.Node, reader)
	if s.Source == "generator" {
		s.Timestamp = cmp.Or(s.Timestamp, "timestamp")
	}
	s.TimestampFormat = cmp.Or(s.TimestampFormat, "auto")
	s.SegmentGranularity = cmp.Or(s.SegmentGranularity, "HOUR")
	s.Window = s.Window.or(defaultStreamPeriod)
	s.Persist = s.Persist.or(defaultStreamPeriod)
	s.Rejection = cmp.Or(s.Rejection, "serverTime")
	return s
}

func (d Duration) or(other time.Duration) Duration {
	if d.Set || d.Duration != 0 {
		return d
	}
	return Duration{Duration: other}
}

func (s Span) or(other time.Duration) Span {
	if s.Set || !s.Zero() {
		return s
	}
	return Span{Duration: other}
}

// firstReader is the first node that reads streams, or "".
func (t Topology) firstReader() string {
	for _, p := range t.Places() {
		if p.kind().ReadsStreams {
			return p.Name
		}
	}
	return ""
}
