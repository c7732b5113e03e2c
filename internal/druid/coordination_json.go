package druid

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// MarshalJSON writes the rule as Jackson does: the type appears twice, first and last.
func (r Rule) MarshalJSON() ([]byte, error) {
	members := []member{{key: "type", value: &r.Type}}
	if strings.HasSuffix(r.Type, "ByInterval") {
		members = append(members, member{key: "interval", value: &r.Interval})
	}
	if strings.HasSuffix(r.Type, "ByPeriod") {
		members = append(members, member{key: "period", value: &r.Period})
	}
	if strings.HasSuffix(r.Type, "ByPeriod") && r.Type != "dropBeforeByPeriod" {
		future := r.IncludeFuture == nil || *r.IncludeFuture
		members = append(members, member{key: "includeFuture", value: future})
	}
	if strings.HasPrefix(r.Type, "load") {
		members = append(members, member{key: "tieredReplicants", value: r.Replicants()})
	}
	if strings.HasPrefix(r.Type, "broadcast") {
		members = append(members, member{key: "colocatedDataSources", value: r.ColocatedDataSources})
	}
	b, err := encodeObject(members, r.unknown)
	if err != nil {
		return nil, err
	}
	return append(b[:len(b)-1], append([]byte(`,"type":`), append(quote(r.Type), '}')...)...), nil
}

// Replicants returns the rule's replicas by tier; a load rule without any asks for two
// in the default tier.
func (r Rule) Replicants() map[string]int {
	if r.TieredReplicants == nil {
		return map[string]int{DefaultTier: 2}
	}
	return r.TieredReplicants
}

// replicants holds numbers by tier, which JSON may give as strings or fractions.
type replicants map[string]int

func (m *replicants) UnmarshalJSON(b []byte) error {
	var all map[string]json.RawMessage
	if err := json.Unmarshal(b, &all); err != nil || all == nil {
		return err
	}
	*m = replicants{}
	for tier, raw := range all {
		var n *int
		if err := json.Unmarshal(coerced(raw, &n), &n); err != nil {
			return err
		}
		if n == nil {
			return errors.New("Replicant value cannot be empty")
		}
		(*m)[tier] = *n
	}
	return nil
}

// RuleTypes are the rule types that Druid 0.14 knows.
var RuleTypes = []string{
	"loadByPeriod", "loadByInterval", "loadForever", "dropByPeriod", "dropBeforeByPeriod", "dropByInterval", "dropForever",
	"broadcastByPeriod", "broadcastByInterval", "broadcastForever",
}

// UnmarshalJSON reads a rule of a known type.
func (r *Rule) UnmarshalJSON(b []byte) error {
	*r = Rule{}
	members := []member{
		{key: "type", value: &r.Type}, {key: "interval", value: &r.Interval}, {key: "period", value: &r.Period},
		{key: "includeFuture", value: &r.IncludeFuture}, {key: "tieredReplicants", value: (*replicants)(&r.TieredReplicants)},
		{key: "colocatedDataSources", value: &r.ColocatedDataSources},
	}
	all, err := readFields(b)
	if err == nil {
		err = decodeFields(withoutNulls(all), members)
	}
	if err != nil {
		return fmt.Errorf("rule: %w", err)
	}
	if !slices.Contains(RuleTypes, r.Type) {
		return fmt.Errorf("rule: Could not resolve type id '%s' into a subtype of [simple type, class org.apache.druid.server.coordinator.rules.Rule]", r.Type)
	}
	return r.check()
}

func (r *Rule) check() error {
	if strings.HasSuffix(r.Type, "ByPeriod") {
		if _, err := ParsePeriod(r.Period); err != nil {
			return fmt.Errorf("rule %s: %w", r.Type, err)
		}
	}
	if strings.HasSuffix(r.Type, "ByInterval") && r.Interval == (Interval{}) {
		return fmt.Errorf("rule %s: interval is missing", r.Type)
	}
	if !strings.HasPrefix(r.Type, "load") {
		return nil
	}
	if r.TieredReplicants != nil && len(r.TieredReplicants) == 0 {
		return fmt.Errorf("rule %s: A rule with empty tiered replicants is invalid", r.Type)
	}
	for tier, n := range r.TieredReplicants {
		if n < 0 {
			return fmt.Errorf("rule %s: Replicant value [%d] is less than 0, which is not allowed (tier %s)", r.Type, n, tier)
		}
	}
	return nil
}

// DefaultDynamicConfig returns the configuration in force while none is stored.
func DefaultDynamicConfig() DynamicConfig {
	return DynamicConfig{
		MillisToWaitBeforeDeleting: 900_000, MergeBytesLimit: 524_288_000, MergeSegmentsLimit: 100, MaxSegmentsToMove: 5,
		ReplicantLifetime: 15, ReplicationThrottleLimit: 10, BalancerComputeThreads: 1,
		DecommissioningMaxPercentOfMaxSegmentsToMove: 70,
	}
}

// textList is a list that may be written as one comma-separated string.
type textList []string

func (l textList) MarshalJSON() ([]byte, error) { return list(l).MarshalJSON() }

// UnmarshalJSON reads it as CoordinatorDynamicConfig.parseJsonStringOrArray does:
// anything that is neither a string nor an array is an empty list.
func (l *textList) UnmarshalJSON(b []byte) error {
	switch b[0] {
	case 'n':
		return nil // null changes nothing
	case '[':
		return json.Unmarshal(b, (*[]string)(l))
	case '"':
		var text string
		if err := json.Unmarshal(b, &text); err != nil {
			return err
		}
		*l = nil
		for _, one := range strings.Split(text, ",") {
			if one = strings.TrimSpace(one); one != "" {
				*l = append(*l, one)
			}
		}
		return nil
	}
	*l = nil
	return nil
}

// DynamicConfigKeys are the keys that a request may set.
func DynamicConfigKeys() (keys []string) {
	members := new(DynamicConfig).members()
	for _, m := range members[:len(members)-1] {
		keys = append(keys, m.key)
	}
	return append(keys, "killPendingSegmentsSkipList")
}

func (c *DynamicConfig) members() []member {
	return []member{
		{key: "millisToWaitBeforeDeleting", value: &c.MillisToWaitBeforeDeleting},
		{key: "mergeBytesLimit", value: &c.MergeBytesLimit},
		{key: "mergeSegmentsLimit", value: &c.MergeSegmentsLimit},
		{key: "maxSegmentsToMove", value: &c.MaxSegmentsToMove},
		{key: "replicantLifetime", value: &c.ReplicantLifetime},
		{key: "replicationThrottleLimit", value: &c.ReplicationThrottleLimit},
		{key: "balancerComputeThreads", value: &c.BalancerComputeThreads},
		{key: "emitBalancingStats", value: &c.EmitBalancingStats},
		{key: "killDataSourceWhitelist", value: (*textList)(&c.KillDataSourceWhitelist)},
		{key: "killAllDataSources", value: &c.KillAllDataSources},
		{key: "maxSegmentsInNodeLoadingQueue", value: &c.MaxSegmentsInNodeLoadingQueue},
		{key: "decommissioningNodes", value: (*textList)(&c.DecommissioningNodes)},
		{key: "decommissioningMaxPercentOfMaxSegmentsToMove", value: &c.DecommissioningMaxPercentOfMaxSegmentsToMove},
		{key: "protectedPendingSegmentDatasources", value: (*textList)(&c.ProtectedPendingSegmentDatasources)},
	}
}

// MarshalJSON writes the configuration as Jackson does.
func (c DynamicConfig) MarshalJSON() ([]byte, error) { return encodeObject(c.members(), c.unknown) }

// UnmarshalJSON reads a stored configuration: a missing number is 0, not its default.
// The skip list is read under a different name than it is written.
func (c *DynamicConfig) UnmarshalJSON(b []byte) error {
	*c = DynamicConfig{}
	return c.merge(b)
}

// Merge takes the members that the object has and keeps the others, like the builder
// behind the HTTP endpoint.
func (c *DynamicConfig) Merge(b []byte) error {
	if err := c.merge(b); err != nil {
		return err
	}
	return c.check()
}

func (c *DynamicConfig) merge(b []byte) error {
	members := c.members()
	last := &members[len(members)-1]
	var ignored textList
	last.value = &ignored
	members = append(members, member{key: "killPendingSegmentsSkipList", value: (*textList)(&c.ProtectedPendingSegmentDatasources)})
	all, err := readFields(b)
	if err == nil {
		err = decodeFields(withoutNulls(all), members)
	}
	if err != nil {
		return fmt.Errorf("coordinator configuration: %w", err)
	}
	c.BalancerComputeThreads = max(c.BalancerComputeThreads, 1)
	return nil
}

// check makes the checks of CoordinatorDynamicConfig's constructor.
func (c *DynamicConfig) check() error {
	switch percent := c.DecommissioningMaxPercentOfMaxSegmentsToMove; {
	case percent < 0 || percent > 100:
		return errors.New("decommissioningMaxPercentOfMaxSegmentsToMove should be in range [0, 100]")
	case c.KillAllDataSources && len(c.KillDataSourceWhitelist) > 0:
		return errors.New("can't have killAllDataSources and non-empty killDataSourceWhitelist")
	}
	return nil
}

// MarshalJSON writes the entry as the history endpoints do.
func (a AuditEntry) MarshalJSON() ([]byte, error) {
	info, err := encodeObject([]member{
		{key: "author", value: &a.Author}, {key: "comment", value: &a.Comment}, {key: "ip", value: &a.IP},
	}, nil)
	if err != nil {
		return nil, err
	}
	return encodeObject([]member{
		{key: "key", value: &a.Key}, {key: "type", value: &a.Type}, {key: "auditInfo", value: json.RawMessage(info)},
		{key: "payload", value: &a.Payload}, {key: "auditTime", value: &a.AuditTime},
	}, nil)
}

// UnmarshalJSON reads an entry of the audit table.
func (a *AuditEntry) UnmarshalJSON(b []byte) error {
	var shape struct {
		Key, Type, Payload string
		AuditInfo          struct{ Author, Comment, IP string }
		AuditTime          Timestamp
	}
	if err := json.Unmarshal(b, &shape); err != nil {
		return fmt.Errorf("audit entry: %w", err)
	}
	*a = AuditEntry{
		Key: shape.Key, Type: shape.Type, Author: shape.AuditInfo.Author, Comment: shape.AuditInfo.Comment, IP: shape.AuditInfo.IP,
		Payload: shape.Payload, AuditTime: shape.AuditTime,
	}
	return nil
}
