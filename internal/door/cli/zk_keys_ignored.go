package cli

import (
	"math"
	"strings"
)

// Why a key of zoo.cfg has no effect here, whatever its value.
const (
	noEnsemble  = "there is no replication, nothing to agree on"
	noJava      = "there is no JVM and no thread pool to tune"
	notNeeded   = "it changes no answer, and nothing here needs it"
	ownFormat   = "log and snapshots have their own format"
	noThrottle  = "requests and connections are not throttled"
	noSuch      = "there is no such feature here"
	noSASL      = "there is no SASL"
	noPassword  = "a PEM file is read without a password"
	checkedOnce = "ACLs are checked once, before a change is made"
	onlyClients = "it is for clients, or for connections to other servers"
)

// ignoredKeys are ZooKeeper's keys that are accepted and have no effect.
var ignoredKeys = ignoredFor(map[string]string{
	noEnsemble: `initLimit syncLimit connectToLearnerMasterLimit electionPortBindRetry quorumListenOnAllIPs
		syncEnabled standaloneEnabled sslQuorum portUnification
		observerMasterPort localSessionsEnabled localSessionsUpgradingEnabled leaderServes cnxTimeout quorumCnxnTimeoutMs oraclePath
		multiAddress.enabled multiAddress.reachabilityCheckTimeoutMs multiAddress.reachabilityCheckEnabled forceSnapshotSync
		commitLogCount snapshotSizeFactor learner.asyncSending learner.closeSocketAsync leader.closeSocketAsync version
		fastleader.minNotificationInterval fastleader.maxNotificationInterval readonlymode.enabled observer.syncEnabled
		leader.maxConcurrentSnapSyncs leader.maxConcurrentDiffSyncs ensembleAuthName leader.ackLoggingFrequency leader.maxTimeToWaitForEpoch
		leaderConnectDelayDuringRetryMs observer.election.DelayMs observer.reconnectDelayMs observerMaster.sizeLimit leader.nodelay follower.nodelay
		follower.skipLearnerRequestToNextProcessor forward_learner_requests_to_commit_processor_disabled db.autocreate`,
	noJava: `serverCnxnFactory nio.numSelectorThreads nio.numWorkerThreads nio.directBufferBytes nio.shutdownTimeout
		commitProcessor.numWorkerThreads commitProcessor.maxReadBatchSize commitProcessor.maxCommitBatchSize commitProcessor.shutdownTimeout
		jvm.pause.info-threshold.ms jvm.pause.warn-threshold.ms jvm.pause.sleep.time.ms jvm.pause.monitor metricsProvider.exportJvmInfo
		intBufferStartingSizeBytes jmx.log4j.disable jmx.log4j.mbean quorum.cnxn.threads.size metricsProvider.numWorkerThreads
		metricsProvider.maxQueueSize metricsProvider.workerShutdownTimeoutMs netty.advancedFlowControl.enabled fips-mode
		ssl.sslProvider ssl.handshakeDetectionTimeoutMillis request_throttler.shutdownTimeout`,
	notNeeded: `clientPortListenBacklog tcpKeepAlive clientTcpKeepAlive maxBatchSize flushDelay
		maxWriteQueuePollTime maxResponseCacheSize maxGetChildrenResponseCacheSize watchManagerName watcherCleanThreadsNum
		watcherCleanThreshold watcherCleanIntervalInSeconds maxInProcessingDeadWatchers bitHashCacheSize globalOutstandingLimit
		fsync.warningthresholdms admin.httpVersion request_stale_connection_check`,
	ownFormat: `preAllocSize txnLogSizeLimitInKb snapSizeLimitInKb snapshot.compression.method snapshot.trust.empty digest.enabled
		serializeLastProcessedZxid.enabled closeSessionTxn.enabled`,
	noThrottle: `request_throttle_stall_time request_throttle_drop_stale throttled_op_wait_time largeRequestMaxBytes
		connection_throttle_fill_time connection_throttle_fill_count connection_throttle_freeze_time connection_throttle_drop_increase
		connection_throttle_drop_decrease connection_throttle_decrease_ratio connection_throttle_global_session_weight
		connection_throttle_local_session_weight connection_throttle_renew_session_weight`,
	noSuch: `audit.impl.class admin.rateLimiterIntervalInMS messageTracker.BufferSize pathStats.slotCapacity
		pathStats.slotDuration pathStats.maxDepth pathStats.sampleRate pathStats.initialDelay pathStats.delay pathStats.topPathMax`,
	checkedOnce: `enableEagerACLCheck`,
	noSASL: `allowSaslFailedClients kinit security.auth_to_local sasl.serverconfig kerberos.canonicalizeHostNames kerberos.minReLoginTimeMs
		kerberos.removeHostFromPrincipal kerberos.removeRealmFromPrincipal`,
	noPassword: `ssl.keyStore.password ssl.keyStore.passwordPath ssl.trustStore.password ssl.trustStore.passwordPath`,
	onlyClients: `ssl.hostnameVerification ssl.allowReverseDnsLookup client.secure clientCnxnSocket disableAutoWatchReset request.timeout
		sasl.client sasl.client.canonicalize.hostname sasl.client.username sasl.clientconfig server.principal server.realm`,
})

// ignoredPrefixes are the prefixes of large families of such keys.
var ignoredPrefixes = []struct{ prefix, why string }{
	{"group.", noEnsemble}, {"weight.", noEnsemble}, {"quorum.", noEnsemble}, {"ssl.quorum.", noEnsemble},
}

func ignoredFor(reasons map[string]string) map[string]string {
	keys := map[string]string{}
	for why, list := range reasons {
		for key := range strings.FieldsSeq(list) {
			keys[key] = why
		}
	}
	return keys
}

// ignored says why a key has no effect here; ok is false for a key that ZooKeeper does not know.
func ignored(key string) (why string, ok bool) {
	if why, known := ignoredKeys[key]; known {
		return why, true
	}
	for _, p := range ignoredPrefixes {
		if strings.HasPrefix(key, p.prefix) {
			return p.why, true
		}
	}
	return "", false
}

// Ignored keys whose values QuorumPeerConfig reads anyway, and may refuse to start with.
const (
	ignoredNumbers = `initLimit syncLimit connectToLearnerMasterLimit observerMasterPort clientPortListenBacklog quorum.cnxn.threads.size
		jvm.pause.info-threshold.ms jvm.pause.warn-threshold.ms jvm.pause.sleep.time.ms multiAddress.reachabilityCheckTimeoutMs`
	ignoredTruths = `localSessionsEnabled localSessionsUpgradingEnabled quorumListenOnAllIPs syncEnabled standaloneEnabled sslQuorum
		portUnification jvm.pause.monitor multiAddress.enabled multiAddress.reachabilityCheckEnabled
		quorum.auth.enableSasl quorum.auth.serverRequireSasl quorum.auth.learnerRequireSasl`
)

// wellFormed checks the value of an ignored key.
func wellFormed(key, value string) error {
	for name := range strings.FieldsSeq(ignoredNumbers) {
		if name == key {
			_, err := whole(value, math.MinInt32)
			return err
		}
	}
	for name := range strings.FieldsSeq(ignoredTruths) {
		if name == key {
			_, err := parseBoolean(value)
			return err
		}
	}
	return nil
}
