package metadata

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"oakmoot/internal/druid"
)

// DefaultRules is the name under which the rules for every datasource are stored.
const DefaultRules = "_default"

// UnreadableRulesError names the datasources whose newest rules cannot be read. It comes along with the rules of the
// others.
type UnreadableRulesError struct{ DataSources []string }

func (e *UnreadableRulesError) Error() string {
	return "rules cannot be read: " + strings.Join(e.DataSources, ", ")
}

// Rules are the newest rules of every datasource that has any, and of _default. An *UnreadableRulesError comes along
// with those that could be read.
func (s Configuration) Rules(ctx context.Context) (map[string][]druid.Rule, error) {
	type row struct {
		dataSource string
		rules      []druid.Rule // nil: unreadable
	}
	read := func(scanned scan) (row, error) {
		var r row
		var id string
		var payload []byte
		if err := scanned(&id, &r.dataSource, &payload); err != nil {
			return r, err
		}
		err := json.Unmarshal(payload, &r.rules)
		if err == nil && r.rules == nil {
			err = errors.New("null is no list of rules")
		}
		if err != nil {
			s.ledger.note("druid_rules", id, err)
			r.rules = nil
			return r, nil
		}
		s.ledger.strike("druid_rules", id)
		return r, nil
	}
	rows, err := collect(ctx, s.reads(), read, `SELECT r.id, r.dataSource, r.payload FROM druid_rules r
		INNER JOIN (SELECT dataSource, max(version) AS version FROM druid_rules GROUP BY dataSource) newest
		ON r.dataSource = newest.dataSource AND r.version = newest.version`)
	if err != nil {
		return nil, fmt.Errorf("read rules: %w", err)
	}
	rules := make(map[string][]druid.Rule, len(rows))
	var unreadable UnreadableRulesError
	for _, r := range rows {
		if r.rules == nil {
			unreadable.DataSources = append(unreadable.DataSources, r.dataSource)
			continue
		}
		rules[r.dataSource] = r.rules
	}
	if unreadable.DataSources != nil {
		return rules, &unreadable
	}
	return rules, nil
}

// SetRules inserts a new version of a datasource's rules and its audit row. The version is the current time, or the
// millisecond after the newest version.
func (s Configuration) SetRules(ctx context.Context, dataSource string, rules []druid.Rule, by AuditInfo) error {
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

// EnsureDefaultRules inserts Druid's default, two replicas in the default tier forever, unless there are default
// rules already.
func (s Configuration) EnsureDefaultRules(ctx context.Context) error {
	return s.write(ctx, "insert default rules", func(c conn) error {
		existing, err := collect(ctx, c, single[string], "SELECT id FROM druid_rules WHERE dataSource = ?", DefaultRules)
		if err != nil || len(existing) > 0 {
			return err
		}
		payload, err := druid.Marshal(druid.RuleList{{Type: "loadForever", TieredReplicants: map[string]int{druid.DefaultTier: 2}}})
		if err != nil {
			return err
		}
		return c.insertRules(ctx, DefaultRules, druid.At(c.clock.Now()), payload)
	})
}

func (c conn) nextRulesVersion(ctx context.Context, dataSource string) (druid.Timestamp, error) {
	now := druid.At(c.clock.Now())
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
