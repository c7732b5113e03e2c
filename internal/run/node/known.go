package node

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"
)

// takes is what a property's value must be.
type takes int

const (
	text takes = iota
	number
	flag
	period   // or a number of milliseconds
	interval // a period above zero
)

// known are the properties that some node reads: a test compares them with the calls of the methods of Properties.
var known = map[string]takes{
	"druid.announcer.maxBytesPerNode":                    number,
	"druid.announcer.segmentsPerNode":                    number,
	"druid.announcer.skipDimensionsAndMetrics":           flag,
	"druid.announcer.skipLoadSpec":                       flag,
	"druid.audit.manager.auditHistoryMillis":             period,
	"druid.broker.select.tier":                           text,
	"druid.storage.storageDirectory":                     text,
	"druid.coordinator.balancer.strategy":                text,
	"druid.coordinator.kill.durationToRetain":            period,
	"druid.coordinator.kill.maxSegments":                 number,
	"druid.coordinator.kill.on":                          flag,
	"druid.coordinator.kill.pendingSegments.on":          flag,
	"druid.coordinator.kill.period":                      period,
	"druid.coordinator.load.timeout":                     period,
	"druid.coordinator.period":                           interval,
	"druid.coordinator.period.indexingPeriod":            interval,
	"druid.coordinator.startDelay":                       period,
	"druid.discovery.curator.path":                       text,
	"druid.indexer.auditlog.enabled":                     flag,
	"druid.indexer.queue.maxSize":                        number,
	"druid.indexer.queue.startDelay":                     period,
	"druid.indexer.queue.storageSyncRate":                interval,
	"druid.indexer.runner.maxPercentageBlacklistWorkers": number,
	"druid.indexer.runner.maxRetriesBeforeBlacklist":     number,
	"druid.indexer.runner.maxZnodeBytes":                 number,
	"druid.indexer.runner.minWorkerVersion":              text,
	"druid.indexer.runner.taskAssignmentTimeout":         period,
	"druid.indexer.runner.taskCleanupTimeout":            period,
	"druid.indexer.runner.taskShutdownLinkTimeout":       period,
	"druid.indexer.runner.workerBlackListBackoffTime":    period,
	"druid.indexer.runner.workerBlackListCleanupPeriod":  interval,
	"druid.indexer.storage.recentlyFinishedThreshold":    period,
	"druid.indexer.task.restoreTasksOnRestart":           flag,
	"druid.lookup.lookupTier":                            text,
	"druid.manager.config.pollDuration":                  interval,
	"druid.manager.rules.defaultRule":                    text,
	"druid.manager.rules.pollDuration":                   interval,
	"druid.manager.segments.pollDuration":                interval,
	"druid.peon.taskActionClient.retry.maxRetryCount":    number,
	"druid.peon.taskActionClient.retry.maxWait":          period,
	"druid.peon.taskActionClient.retry.minWait":          period,
	"druid.query.segmentMetadata.defaultHistory":         period,
	"druid.segment.handoff.pollDuration":                 interval,
	"druid.segmentCache.deleteOnRemove":                  flag,
	"druid.segmentCache.dropSegmentDelayMillis":          number,
	"druid.segmentCache.infoDir":                         text,
	"druid.segmentCache.locations":                       text,
	"druid.segmentCache.numBootstrapThreads":             number,
	"druid.segmentCache.numLoadingThreads":               number,
	"druid.selectors.coordinator.serviceName":            text,
	"druid.selectors.indexing.serviceName":               text,
	"druid.server.hiddenProperties":                      text,
	"druid.service":                                      text,
	"druid.worker.capacity":                              number,
	"druid.worker.ip":                                    text,
	"druid.worker.version":                               text,
	"druid.zk.paths.announcementsPath":                   text,
	"druid.zk.paths.base":                                text,
	"druid.zk.paths.coordinatorPath":                     text,
	"druid.zk.paths.indexer.announcementsPath":           text,
	"druid.zk.paths.indexer.base":                        text,
	"druid.zk.paths.indexer.statusPath":                  text,
	"druid.zk.paths.indexer.tasksPath":                   text,
	"druid.zk.paths.liveSegmentsPath":                    text,
	"druid.zk.paths.loadQueuePath":                       text,
	"druid.zk.paths.servedSegmentsPath":                  text,
	"druid.zk.service.sessionTimeoutMs":                  number,
}

// Known are the names of the properties that some node reads.
func Known() []string { return slices.Sorted(maps.Keys(known)) }

// Remark says why a property has no effect, or "" if it has one: either no node reads it, or its value is not valid
// and the default holds.
func Remark(key, value string, nearest func(word string, known []string) string) string {
	kind, ok := known[key]
	if !ok {
		if near := nearest(key, Known()); near != "" && !ofDruid(key) {
			return fmt.Sprintf("no node reads %q; did you mean %q?", key, near)
		}
		return fmt.Sprintf("no node reads %q", key)
	}
	var err error
	want := ""
	switch kind {
	case number:
		want = "a whole number"
		_, err = strconv.ParseInt(value, 10, 64)
	case flag:
		want = "true or false"
		_, err = strconv.ParseBool(value)
	case period, interval:
		want = `a period such as "PT1S", or a number of milliseconds`
		var d time.Duration
		if d, err = parseDuration(value); err == nil && kind == interval && d < time.Millisecond {
			want, err = "a period above zero", errors.New("too short")
		}
	}
	if err != nil {
		return fmt.Sprintf("%s takes %s, not %q: the default holds", key, want, value)
	}
	return ""
}
