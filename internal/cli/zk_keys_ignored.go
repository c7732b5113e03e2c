package cli

import "strings"

// Why a key of zoo.cfg means nothing here.
const (
	noEnsemble   = "there is no replication, nothing to agree on"
	noJava       = "there is no JVM and no thread pool to tune"
	notNeeded    = "nothing here needs it"
	ownFormat    = "log and snapshots have their own format"
	cleansUp     = "what is not kept is removed with each snapshot"
	alwaysOn     = "it is always so here"
	noThrottle   = "requests are not throttled"
	noSuch       = "there is no such thing here"
	notProtected = "not supported: nobody is kept out by it"
)

// ignoredKey is a key that is accepted and means nothing.
type ignoredKey struct {
	why  string
	warn bool
}

// ignoredKeys are ZooKeeper's other keys.
var ignoredKeys = ignoredFor(map[string]string{
	noEnsemble: `initLimit syncLimit connectToLearnerMasterLimit electionAlg electionPortBindRetry quorumListenOnAllIPs peerType
		syncEnabled dynamicConfigFile standaloneEnabled reconfigEnabled sslQuorum portUnification sslQuorumReloadCertFiles
		observerMasterPort localSessionsEnabled localSessionsUpgradingEnabled leaderServes cnxTimeout quorumCnxnTimeoutMs oraclePath
		multiAddress.enabled multiAddress.reachabilityCheckTimeoutMs multiAddress.reachabilityCheckEnabled forceSnapshotSync
		commitLogCount snapshotSizeFactor learner.asyncSending learner.closeSocketAsync leader.closeSocketAsync version
		fastleader.minNotificationInterval fastleader.maxNotificationInterval readonlymode.enabled observer.syncEnabled
		leader.maxConcurrentSnapSyncs leader.maxConcurrentDiffSyncs ensembleAuthName`,
	noJava: `serverCnxnFactory nio.numSelectorThreads nio.numWorkerThreads nio.directBufferBytes nio.shutdownTimeout
		commitProcessor.numWorkerThreads commitProcessor.maxReadBatchSize commitProcessor.maxCommitBatchSize commitProcessor.shutdownTimeout
		jvm.pause.info-threshold.ms jvm.pause.warn-threshold.ms jvm.pause.sleep.time.ms jvm.pause.monitor metricsProvider.exportJvmInfo
		intBufferStartingSizeBytes jmx.log4j.disable quorum.cnxn.threads.size metricsProvider.numWorkerThreads metricsProvider.maxQueueSize
		metricsProvider.workerShutdownTimeoutMs`,
	notNeeded: `clientPortListenBacklog tcpKeepAlive clientTcpKeepAlive nio.sessionlessCnxnTimeout maxBatchSize flushDelay
		maxWriteQueuePollTime maxResponseCacheSize maxGetChildrenResponseCacheSize watchManagerName watcherCleanThreadsNum
		watcherCleanThreshold watcherCleanIntervalInSeconds maxInProcessingDeadWatchers bitHashCacheSize globalOutstandingLimit
		fsync.warningthresholdms pathStats.enabled messageTracker.Enabled messageTracker.BufferSize znode.container.maxPerMinute
		znode.container.maxNeverUsedIntervalMs admin.idleTimeout admin.commandURL admin.httpVersion`,
	ownFormat: `preAllocSize txnLogSizeLimitInKb snapSizeLimitInKb snapshot.compression.method snapshot.trust.empty digest.enabled
		serializeLastProcessedZxid.enabled closeSessionTxn.enabled datadir.autocreate db.autocreate`,
	cleansUp:   `autopurge.purgeInterval`,
	alwaysOn:   `extendedTypesEnabled client.portUnification secureClientPortAddress ssl.keyStore.type ssl.trustStore.type`,
	noThrottle: `maxCnxns request_throttle_max_requests request_throttle_stall_time request_throttle_drop_stale throttled_op_wait_time largeRequestMaxBytes largeRequestThreshold`,
	noSuch:     `admin.snapshot.enabled admin.restore.enabled admin.portUnification audit.enable`,
	notProtected: `sessionRequireClientSASLAuth requireClientAuthScheme allowSaslFailedClients admin.forceHttps admin.needClientAuth
		X509AuthenticationProvider.superUser DigestAuthenticationProvider.digestAlg DigestAuthenticationProvider.enabled`,
})

// ignoredPrefixes are how those keys begin that are many.
var ignoredPrefixes = []struct {
	prefix string
	ignoredKey
}{
	{"server.", ignoredKey{"there is no replication: this process is the only server", true}},
	{"group.", ignoredKey{why: noEnsemble}}, {"weight.", ignoredKey{why: noEnsemble}}, {"quorum.", ignoredKey{why: noEnsemble}},
	{"ssl.quorum.", ignoredKey{why: noEnsemble}}, {"connection_throttle_", ignoredKey{why: noThrottle}},
	{"netty.", ignoredKey{why: noJava}}, {"pathStats.", ignoredKey{why: notNeeded}},
	{"ssl.", ignoredKey{notProtected, true}}, {"authProvider.", ignoredKey{notProtected, true}}, {"kerberos.", ignoredKey{notProtected, true}},
	{"SASLAuthenticationProvider.", ignoredKey{notProtected, true}}, {"IPAuthenticationProvider.", ignoredKey{notProtected, true}},
}

func ignoredFor(reasons map[string]string) map[string]ignoredKey {
	keys := map[string]ignoredKey{}
	for why, list := range reasons {
		for key := range strings.FieldsSeq(list) {
			keys[key] = ignoredKey{why, why == notProtected}
		}
	}
	return keys
}

// ignored tells why a key means nothing here; it is not ok for a key that
// ZooKeeper does not know.
func ignored(key string) (why string, warn, ok bool) {
	if k, known := ignoredKeys[key]; known {
		return k.why, k.warn, true
	}
	for _, p := range ignoredPrefixes {
		if strings.HasPrefix(key, p.prefix) {
			return p.why, p.warn, true
		}
	}
	return "", false, false
}
