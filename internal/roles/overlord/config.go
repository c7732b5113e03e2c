package overlord

import (
	"time"

	"oakmoot/internal/run/node"
)

// taskQueueConfig is TaskQueueConfig, with Druid's defaults.
type taskQueueConfig struct {
	startDelay      time.Duration // druid.indexer.queue.startDelay
	storageSyncRate time.Duration // druid.indexer.queue.storageSyncRate
	maxSize         int           // druid.indexer.queue.maxSize
}

func newTaskQueueConfig(p node.Properties) taskQueueConfig {
	return taskQueueConfig{
		startDelay:      p.Duration("druid.indexer.queue.startDelay", time.Minute),
		storageSyncRate: p.Every("druid.indexer.queue.storageSyncRate", time.Minute),
		maxSize:         p.Int("druid.indexer.queue.maxSize", 1<<31-1),
	}
}

// runnerConfig is RemoteTaskRunnerConfig, with Druid's defaults.
type runnerConfig struct {
	assignmentTimeout time.Duration // druid.indexer.runner.taskAssignmentTimeout
	cleanupTimeout    time.Duration // druid.indexer.runner.taskCleanupTimeout
	shutdownTimeout   time.Duration // druid.indexer.runner.taskShutdownLinkTimeout
	minWorkerVersion  string        // druid.indexer.runner.minWorkerVersion
	maxZnodeBytes     int           // druid.indexer.runner.maxZnodeBytes
	blacklist         blacklistConfig
}

// blacklistConfig is the part of RemoteTaskRunnerConfig that is about workers which
// fail too often.
type blacklistConfig struct {
	maxRetries int           // druid.indexer.runner.maxRetriesBeforeBlacklist
	backoff    time.Duration // druid.indexer.runner.workerBlackListBackoffTime
	maxPercent int           // druid.indexer.runner.maxPercentageBlacklistWorkers
	sweep      time.Duration // druid.indexer.runner.workerBlackListCleanupPeriod
}

func newRunnerConfig(p node.Properties) runnerConfig {
	return runnerConfig{
		assignmentTimeout: p.Duration("druid.indexer.runner.taskAssignmentTimeout", 5*time.Minute),
		cleanupTimeout:    p.Duration("druid.indexer.runner.taskCleanupTimeout", 15*time.Minute),
		shutdownTimeout:   p.Duration("druid.indexer.runner.taskShutdownLinkTimeout", time.Minute),
		minWorkerVersion:  p.String("druid.indexer.runner.minWorkerVersion", "0"),
		maxZnodeBytes:     p.Int("druid.indexer.runner.maxZnodeBytes", 524288),
		blacklist: blacklistConfig{
			maxRetries: p.Int("druid.indexer.runner.maxRetriesBeforeBlacklist", 5),
			backoff:    p.Duration("druid.indexer.runner.workerBlackListBackoffTime", 15*time.Minute),
			maxPercent: p.Int("druid.indexer.runner.maxPercentageBlacklistWorkers", 20),
			sweep:      p.Every("druid.indexer.runner.workerBlackListCleanupPeriod", 5*time.Minute),
		},
	}
}

// recentlyFinished is how far back the lists of complete tasks go: TaskStorageConfig.
func recentlyFinished(p node.Properties) time.Duration {
	return p.Duration("druid.indexer.storage.recentlyFinishedThreshold", 24*time.Hour)
}

// auditLog reports whether task actions are logged in the store: TaskAuditLogConfig.
func auditLog(p node.Properties) bool { return p.Bool("druid.indexer.auditlog.enabled", false) }
