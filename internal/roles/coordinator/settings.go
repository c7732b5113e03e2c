package coordinator

import (
	"errors"
	"fmt"
	"time"

	"oakmoot/internal/run/metadata"
	"oakmoot/internal/run/node"
)

// settings are a coordinator's properties: DruidCoordinatorConfig,
// MetadataSegmentManagerConfig, MetadataRuleManagerConfig, ConfigManagerConfig. It is
// wide because each property that is read is a field.
type settings struct {
	startDelay      time.Duration
	period          time.Duration
	indexingPeriod  time.Duration
	loadTimeout     time.Duration
	sessionTimeout  time.Duration
	segmentsPoll    time.Duration
	rulesPoll       time.Duration
	configPoll      time.Duration
	defaultRule     string
	strategy        string
	overlordService string
	auditHistory    time.Duration
	kill            killSettings
	cleanPending    bool
}

// killSettings are druid.coordinator.kill.*.
type killSettings struct {
	on          bool
	period      time.Duration
	retain      time.Duration
	maxSegments int
}

func readSettings(p node.Properties) (settings, error) {
	s := settings{
		startDelay:      p.Duration("druid.coordinator.startDelay", 300*time.Second),
		period:          p.Every("druid.coordinator.period", time.Minute),
		indexingPeriod:  p.Every("druid.coordinator.period.indexingPeriod", 30*time.Minute),
		loadTimeout:     p.Duration("druid.coordinator.load.timeout", 15*time.Minute),
		sessionTimeout:  time.Duration(p.Int64("druid.zk.service.sessionTimeoutMs", 30_000)) * time.Millisecond,
		segmentsPoll:    p.Every("druid.manager.segments.pollDuration", time.Minute),
		rulesPoll:       p.Every("druid.manager.rules.pollDuration", time.Minute),
		configPoll:      p.Every("druid.manager.config.pollDuration", time.Minute),
		defaultRule:     p.String("druid.manager.rules.defaultRule", metadata.DefaultRules),
		strategy:        p.String("druid.coordinator.balancer.strategy", "cost"),
		overlordService: p.String("druid.selectors.indexing.serviceName", "druid/overlord"),
		auditHistory:    p.Duration("druid.audit.manager.auditHistoryMillis", 7*24*time.Hour),
		cleanPending:    p.Bool("druid.coordinator.kill.pendingSegments.on", false),
		kill: killSettings{
			on:          p.Bool("druid.coordinator.kill.on", false),
			period:      p.Duration("druid.coordinator.kill.period", 24*time.Hour),
			retain:      p.Duration("druid.coordinator.kill.durationToRetain", -time.Second),
			maxSegments: p.Int("druid.coordinator.kill.maxSegments", 0),
		},
	}
	return s, s.check()
}

// check refuses what Druid refuses at startup; the defaults of kill.*, for one, are refused when kill.on is true.
func (s settings) check() error {
	var err error
	switch {
	case !s.kill.on:
	case s.kill.period <= s.indexingPeriod:
		err = errors.New("coordinator kill period must be greater than druid.coordinator.period.indexingPeriod")
	case s.kill.retain < 0:
		err = errors.New("coordinator kill retainDuration must be >= 0")
	case s.kill.maxSegments <= 0:
		err = errors.New("coordinator kill maxSegments must be > 0")
	}
	if err != nil {
		return fmt.Errorf("properties: %w", err)
	}
	return nil
}
