package druid

// Rule is a retention rule of the coordinator.
type Rule struct {
	Type                 string         // loadForever, loadByInterval, loadByPeriod, dropForever, dropByInterval, dropByPeriod, dropBeforeByPeriod, broadcast…
	Interval             Interval       // …ByInterval
	Period               string         // …ByPeriod, ISO 8601
	IncludeFuture        *bool          // …ByPeriod; absent is true
	TieredReplicants     map[string]int // load rules; absent is {"_default_tier":2}
	ColocatedDataSources []string       // broadcast rules; nil is null

	unknown fields
}

// DynamicConfig is the coordinator's dynamic configuration: CoordinatorDynamicConfig.
// It is wide because it has a field for each of the Java class's.
type DynamicConfig struct {
	MillisToWaitBeforeDeleting                   int64
	MergeBytesLimit                              int64
	MergeSegmentsLimit                           int
	MaxSegmentsToMove                            int
	ReplicantLifetime                            int
	ReplicationThrottleLimit                     int
	BalancerComputeThreads                       int
	EmitBalancingStats                           bool
	KillDataSourceWhitelist                      []string
	KillAllDataSources                           bool
	MaxSegmentsInNodeLoadingQueue                int
	DecommissioningNodes                         []string
	DecommissioningMaxPercentOfMaxSegmentsToMove int
	ProtectedPendingSegmentDatasources           []string

	unknown fields
}

// AuditEntry is a row of the audit log, as the history endpoints return it.
type AuditEntry struct {
	Key, Type           string
	Author, Comment, IP string
	Payload             string // the changed object as JSON text
	AuditTime           Timestamp
}
