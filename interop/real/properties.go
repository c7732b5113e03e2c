//go:build interop

package real

import (
	"encoding/json"
	"maps"
	"path/filepath"
	"strconv"
	"time"
)

// common are the properties that every role gets. Most make it small; the others tell it how to join a cluster.
func common(role string, port int, dir string, at Place) map[string]string {
	props := map[string]string{
		"druid.service":       "druid/" + role,
		"druid.host":          "127.0.0.1",
		"druid.bindOnHost":    "true",
		"druid.plaintextPort": strconv.Itoa(port),

		"druid.zk.service.host":                   at.ZooKeeper,
		"druid.zk.service.sessionTimeoutMs":       millis(at.SessionTimeout),
		"druid.zk.paths.base":                     at.Base,
		"druid.discovery.curator.path":            at.Discovery,
		"druid.selectors.indexing.serviceName":    "druid/overlord",
		"druid.selectors.coordinator.serviceName": "druid/coordinator",

		"druid.storage.type":             "local",
		"druid.storage.storageDirectory": at.Segments,
		"druid.indexer.logs.type":        "file",
		"druid.indexer.logs.directory":   at.TaskLogs,

		"druid.extensions.loadList":              "[]",
		"druid.extensions.directory":             filepath.Join(dir, "extensions"),
		"druid.startup.logging.logProperties":    "false",
		"druid.emitter":                          "noop",
		"druid.monitoring.monitors":              "[]",
		"druid.server.http.numThreads":           "12",
		"druid.processing.buffer.sizeBytes":      "1000000",
		"druid.processing.numThreads":            "1",
		"druid.processing.numMergeBuffers":       "2",
		"druid.processing.tmpDir":                filepath.Join(dir, "tmp"),
		"druid.cache.type":                       "caffeine",
		"druid.cache.sizeInBytes":                "1000000",
		"druid.lookup.enableLookupSyncOnStartup": "false",
		"druid.sql.enable":                       "false",
	}
	if at.Postgres != nil {
		maps.Copy(props, map[string]string{
			"druid.metadata.storage.type":                 "postgresql",
			"druid.metadata.storage.connector.connectURI": "jdbc:" + at.Postgres.URL(),
			"druid.metadata.storage.connector.user":       postgresUser,
			"druid.metadata.storage.connector.password":   postgresUser,
		})
	}
	return props
}

// roleProperties are a role's own: those without which it does not start, and periods shorter than Druid's minutes.
func roleProperties(d *Druid, role string, port int, dir string) map[string]string {
	cache := jsonText([]map[string]any{{"path": filepath.Join(dir, "segment-cache"), "maxSize": 10_000_000_000}})
	switch role {
	case "coordinator":
		return map[string]string{
			"druid.coordinator.startDelay": "PT1S", "druid.coordinator.period": "PT1S", "druid.coordinator.period.indexingPeriod": "PT30S",
			"druid.manager.segments.pollDuration": "PT1S", "druid.manager.rules.pollDuration": "PT1S", "druid.manager.config.pollDuration": "PT1S",
		}
	case "overlord":
		return map[string]string{
			"druid.indexer.storage.type": "metadata", "druid.indexer.runner.type": "remote", "druid.indexer.queue.startDelay": "PT1S",
			"druid.indexer.queue.storageSyncRate": "PT5S", "druid.manager.config.pollDuration": "PT1S",
		}
	case "historical", "realtime":
		return map[string]string{
			"druid.segmentCache.locations": cache, "druid.server.maxSize": "10000000000",
			"druid.publish.type": "metadata", "druid.realtime.chathandler.type": "announce", "druid.segment.handoff.pollDuration": "PT1S",
		}
	case "middleManager":
		return map[string]string{
			"druid.worker.capacity": "3", "druid.worker.ip": "127.0.0.1",
			"druid.indexer.task.baseTaskDir": filepath.Join(dir, "task"), "druid.indexer.task.hadoopWorkingPath": filepath.Join(dir, "hadoop"),
			"druid.indexer.task.restoreTasksOnRestart": "true",
			"druid.indexer.runner.javaCommand":         d.kit.java, "druid.indexer.runner.javaOptsArray": jsonText(d.jvm("192m", dir)),
			"druid.indexer.runner.startPort": strconv.Itoa(port + 1), "druid.indexer.runner.endPort": strconv.Itoa(port + peonPorts),
			"druid.peon.taskActionClient.retry.minWait": "PT0.1S", "druid.peon.taskActionClient.retry.maxWait": "PT2S",
		}
	case "broker":
		return map[string]string{"druid.broker.http.numConnections": "5", "druid.broker.cache.useCache": "false", "druid.broker.cache.populateCache": "false"}
	}
	return nil
}

// spokenOverZooKeeper makes a newer Druid use the protocols that it still has but no longer uses by default.
var spokenOverZooKeeper = map[string]string{
	"druid.serverview.type": "batch", "druid.announcer.type": "batch",
	"druid.coordinator.loadqueuepeon.type": "curator", "druid.indexer.runner.type": "remote",
}

// jsonText is a property's value that Druid reads as JSON.
func jsonText(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err) // maps and strings always marshal
	}
	return string(b)
}

// millis is a duration in the form that Druid's older properties take.
func millis(d time.Duration) string { return strconv.FormatInt(d.Milliseconds(), 10) }
