package cluster

// localProperties are the properties in which a cluster on one machine differs from Druid's
// own defaults: periods of minutes become a second or less, so that the effect of what a
// person does is seen at once. A topology's properties override them.
var localProperties = map[string]string{
	"druid.coordinator.startDelay":              "PT0.1S", // PT300S in Druid
	"druid.coordinator.period":                  "PT1S",   // PT60S
	"druid.coordinator.period.indexingPeriod":   "PT30S",  // PT1800S
	"druid.manager.segments.pollDuration":       "PT1S",   // PT1M
	"druid.manager.rules.pollDuration":          "PT1S",   // PT1M
	"druid.manager.config.pollDuration":         "PT1S",   // PT1M
	"druid.indexer.queue.startDelay":            "PT0S",   // PT1M
	"druid.indexer.queue.storageSyncRate":       "PT5S",   // PT1M
	"druid.segment.handoff.pollDuration":        "PT1S",   // PT1M
	"druid.segmentCache.dropSegmentDelayMillis": "30000",
	"druid.peon.taskActionClient.retry.minWait": "PT0.1S", // PT5S
	"druid.peon.taskActionClient.retry.maxWait": "PT5S",   // PT1M
	"druid.indexer.runner.taskCleanupTimeout":   "PT15M",
}

// seatProperties are those that only a real process in a seat needs: nodes of ours have one
// way to store tasks, to run them and to answer for them, and no lookups.
var seatProperties = map[string]string{
	"druid.indexer.queue.restartDelay":       "PT1S",     // PT30S
	"druid.indexer.storage.type":             "metadata", // local
	"druid.indexer.runner.type":              "remote",   // local
	"druid.lookup.enableLookupSyncOnStartup": "false",
	"druid.realtime.chathandler.type":        "announce", // noop
}
