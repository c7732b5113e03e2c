package metadata

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"oakmoot/internal/druid"
)

// DefaultRules is the name under which the rules for every datasource are kept.
const DefaultRules = "_default"

// Rules are the newest rules of every datasource that has any, and of _default.
func (s *Store) Rules(ctx context.Context) (map[string][]druid.Rule, error) {
	type row struct {
		dataSource string
		rules      []druid.Rule
	}
	read := func(s scan) (row, error) {
		var r row
		var payload []byte
		if err := s(&r.dataSource, &payload); err != nil {
			return r, err
		}
		if err := json.Unmarshal(payload, &r.rules); err != nil {
			return r, fmt.Errorf("rules of %s: %w", r.dataSource, err)
		}
		return r, nil
	}
	rows, err := collect(ctx, s.reads(), read, `SELECT r.dataSource, r.payload FROM druid_rules r
		INNER JOIN (SELECT dataSource, max(version) AS version FROM druid_rules GROUP BY dataSource) newest
		ON r.dataSource = newest.dataSource AND r.version = newest.version`)
	if err != nil {
		return nil, fmt.Errorf("read rules: %w", err)
	}
	rules := make(map[string][]druid.Rule, len(rows))
	for _, r := range rows {
		rules[r.dataSource] = r.rules
	}
	return rules, nil
}

// SetRules inserts a new version of a datasource's rules and its audit row. The
// version is the time, or the millisecond after the newest one.
func (s *Store) SetRules(ctx context.Context, dataSource string, rules []druid.Rule, by AuditInfo) error {
	payload, err := druid.Marshal(druid.RuleList(rules))
	if err != nil {
		return fmt.Errorf("set rules of %s: %w", dataSource, err)
	}
	return s.write(ctx, "set rules of "+dataSource, func(c conn) error {
		at, err := c.nextRulesVersion(ctx, dataSource)
		if err != nil {
			return err
		}
		if err := c.audit(ctx, by.entry("rules", dataSource, payload, at)); err != nil {
			return err
		}
		return c.insertRules(ctx, dataSource, at, payload)
	})
}

// EnsureDefaultRules inserts Druid's default, two replicas in the default tier
// for ever, when there are no default rules yet.
func (s *Store) EnsureDefaultRules(ctx context.Context) error {
	return s.write(ctx, "insert default rules", func(c conn) error {
		existing, err := collect(ctx, c, single[string], "SELECT id FROM druid_rules WHERE dataSource = ?", DefaultRules)
		if err != nil || len(existing) > 0 {
			return err
		}
		payload, err := druid.Marshal(druid.RuleList{{Type: "loadForever", TieredReplicants: map[string]int{druid.DefaultTier: 2}}})
		if err != nil {
			return err
		}
		return c.insertRules(ctx, DefaultRules, druid.At(time.Now()), payload)
	})
}

func (c conn) nextRulesVersion(ctx context.Context, dataSource string) (druid.Timestamp, error) {
	now := druid.At(time.Now())
	taken, err := collect(ctx, c, single[string],
		"SELECT version FROM druid_rules WHERE dataSource = ? AND version >= ? ORDER BY version DESC LIMIT 1", dataSource, now.String())
	if err != nil || len(taken) == 0 {
		return now, err
	}
	newest, err := druid.ParseTimestamp(taken[0])
	return newest + 1, err
}

func (c conn) insertRules(ctx context.Context, dataSource string, at druid.Timestamp, payload []byte) error {
	_, err := c.exec(ctx, "INSERT INTO druid_rules (id, dataSource, version, payload) VALUES (?, ?, ?, ?)",
		dataSource+"_"+at.String(), dataSource, at.String(), payload)
	return err
}
