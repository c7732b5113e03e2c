package cluster

import (
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"oakmoot/internal/stage/kinds"
	"oakmoot/topology"
)

// writer collects the lines of a seat's runtime.properties.
type writer struct {
	s        surroundings
	place    topology.Place
	host     string
	lines    []Property
	warnings []string
}

// set writes a property; one that is written already takes the new value.
func (w *writer) set(key string, value any) {
	p := Property{Key: key, Value: fmt.Sprint(value)}
	if i := slices.IndexFunc(w.lines, func(l Property) bool { return l.Key == key }); i >= 0 {
		w.lines[i] = p
		return
	}
	w.lines = append(w.lines, p)
}

func (w *writer) warn(format string, args ...any) {
	w.warnings = append(w.warnings, fmt.Sprintf(format, args...))
}

// kind is the row of the seat's kind.
func (w *writer) kind() kinds.Kind { return kinds.Of(w.place.Role.Kind) }

// own is a path in the node's own directory.
func (w *writer) own(elem ...string) string {
	return filepath.Join(append([]string{w.s.data, "nodes", w.place.Name}, elem...)...)
}

// common are the lines that every process needs: its identity, and where it finds the
// others.
func (w *writer) common() {
	w.set("druid.service", w.kind().Service)
	w.set("druid.host", w.host)
	w.set("druid.bindOnHost", true)
	w.set("druid.plaintextPort", w.place.Port)
	w.set("druid.zk.service.host", w.s.zookeeper)
	w.set("druid.zk.service.sessionTimeoutMs", w.s.topo.ZooKeeper.SessionTimeout.Milliseconds())
	w.set("druid.zk.paths.base", w.s.topo.ZooKeeper.Base)
	w.set("druid.discovery.curator.path", w.s.discovery)
	w.set("druid.selectors.coordinator.serviceName", kinds.Of("coordinator").Service)
	w.set("druid.selectors.indexing.serviceName", kinds.Of("overlord").Service)
	w.set("druid.extensions.loadList", "[]")
	w.set("druid.storage.type", "local")
	w.set("druid.storage.storageDirectory", filepath.Join(w.s.data, "segments"))
	w.set("druid.indexer.logs.type", "file")
	w.set("druid.indexer.logs.directory", filepath.Join(w.s.data, "task-logs"))
	w.set("druid.emitter", "noop")
	w.set("druid.startup.logging.logProperties", false)
	w.set("druid.server.http.numThreads", 12)
	w.set("druid.processing.tmpDir", w.own("processing"))
}

// metadata are the lines for processes that read or write the metadata store.
func (w *writer) metadata() {
	if !w.kind().Store {
		return
	}
	const prefix = "druid.metadata.storage."
	if w.s.topo.Metadata.Kind == "postgresql" {
		uri, user, password := jdbc(w.s.topo.Metadata.Connect)
		w.set("druid.extensions.loadList", `["postgresql-metadata-storage"]`)
		w.set(prefix+"type", "postgresql")
		w.set(prefix+"connector.connectURI", uri)
		w.set(prefix+"connector.user", user)
		w.set(prefix+"connector.password", password)
		return
	}
	w.warn("the metadata store of this topology is SQLite, which no Druid process can share: this one keeps its own (Derby), "+
		"and knows nothing of the segments, rules and tasks in the other. For one store, set [metadata] kind = %q", "postgresql")
	derby := w.place.Port + 5
	w.set(prefix+"type", "derby")
	w.set(prefix+"connector.connectURI", fmt.Sprintf("jdbc:derby://127.0.0.1:%d/%s;create=true", derby, w.own("metadata.db")))
	w.set(prefix+"connector.host", "127.0.0.1")
	w.set(prefix+"connector.port", derby)
	if !w.kind().StartsDerby {
		w.warn("only a coordinator starts Derby's server: this process needs one at 127.0.0.1:%d", derby)
	}
}

// Sizes for a process in a cluster on one machine.
const (
	processingBuffer = 10_000_000 // bytes
	processingThread = 1
)

// processing are the lines for processes that answer queries.
func (w *writer) processing() {
	w.set("druid.processing.buffer.sizeBytes", processingBuffer)
	w.set("druid.processing.numThreads", processingThread)
	w.set("druid.processing.numMergeBuffers", processingThread)
}

// local copies the periods with which this cluster differs from Druid's defaults.
func (w *writer) local(prefixes ...string) {
	all := maps.Clone(localProperties)
	maps.Copy(all, seatProperties)
	for _, key := range slices.Sorted(maps.Keys(all)) {
		if slices.ContainsFunc(prefixes, func(p string) bool { return strings.HasPrefix(key, p) }) {
			w.set(key, all[key])
		}
	}
}

func (w *writer) coordinator() {
	w.local("druid.coordinator.", "druid.manager.")
	w.serverView()
}

func (w *writer) overlord() {
	w.local("druid.indexer.queue.", "druid.indexer.storage.", "druid.indexer.runner.")
}

func (w *writer) historical() {
	size := w.place.Role.MaxSize.Bytes
	w.set("druid.server.tier", w.place.Role.Tier)
	w.set("druid.server.priority", w.place.Role.Priority)
	w.set("druid.server.maxSize", size)
	w.segmentCache(size)
	w.local("druid.segmentCache.", "druid.lookup.")
	w.processing()
	w.batchOnly()
}

func (w *writer) realtime() {
	w.set("druid.server.tier", w.place.Role.Tier)
	w.set("druid.server.priority", w.place.Role.Priority)
	w.set("druid.publish.type", "metadata")
	w.set("druid.realtime.specFile", w.own("spec.json"))
	w.segmentCache(1_000_000_000) // never used, but nothing starts without it
	w.local("druid.segment.", "druid.realtime.", "druid.lookup.")
	w.processing()
	w.batchOnly()
	w.warn("what it ingests is in the file druid.realtime.specFile, which you write: a list of fire departments")
}

func (w *writer) middleManager() {
	w.set("druid.worker.ip", "127.0.0.1")
	w.set("druid.worker.capacity", w.place.Role.Capacity)
	w.set("druid.worker.version", workerVersion)
	w.set("druid.indexer.task.baseTaskDir", w.own("task"))
	w.set("druid.indexer.task.hadoopWorkingPath", w.own("hadoop-tmp"))
	w.set("druid.indexer.runner.javaOpts", "-server -Xmx256m -XX:MaxDirectMemorySize=256m -Duser.timezone=UTC -Dfile.encoding=UTF-8")
	const peons = "druid.indexer.fork.property."
	w.set(peons+"druid.processing.buffer.sizeBytes", processingBuffer)
	w.set(peons+"druid.processing.numThreads", processingThread)
	w.set(peons+"druid.processing.numMergeBuffers", processingThread)
	w.local("druid.peon.", "druid.segment.", "druid.lookup.")
}

func (w *writer) broker() {
	w.set("druid.broker.http.numConnections", 5)
	w.set("druid.sql.enable", false)
	w.local("druid.lookup.")
	w.processing()
	w.serverView()
}

func (w *writer) router() {
	w.set("druid.router.defaultBrokerServiceName", kinds.Of("broker").Service)
	w.set("druid.router.coordinatorServiceName", kinds.Of("coordinator").Service)
	w.set("druid.router.managementProxy.enabled", true)
	w.set("druid.router.http.numConnections", 5)
}

func (w *writer) segmentCache(size int64) {
	w.set("druid.segmentCache.locations", fmt.Sprintf(`[{"path":%s,"maxSize":%d}]`, strconv.Quote(w.own("segment-cache")), size))
}

// serverView is the form of announcements that coordinator and broker watch.
func (w *writer) serverView() { w.set("druid.serverview.type", w.s.topo.Defaults.ServerView) }

// batchOnly warns of a cluster that watches the form that Druid 0.14.0 only reads.
func (w *writer) batchOnly() {
	if w.s.topo.Defaults.ServerView == "legacy" {
		w.warn("the others watch servedSegments ([defaults] serverview = %q), where Druid 0.14.0 announces nothing: they will not see its segments", "legacy")
	}
}

// overZooKeeper makes a newer Druid speak the protocols over ZooKeeper that it still
// has, but no longer by default.
var overZooKeeper = map[string]string{
	"druid.announcer.type":                 "batch",
	"druid.coordinator.loadqueuepeon.type": "curator",
	"druid.indexer.runner.type":            "remote",
	"druid.serverview.type":                "batch",
}

// newer are the lines that make a version after 0.14.0 behave as 0.14.0 did.
func (w *writer) newer() {
	if w.s.topo.DruidVersion == "0.14.0" {
		return
	}
	for _, key := range slices.Sorted(maps.Keys(overZooKeeper)) {
		w.set(key, overZooKeeper[key])
	}
	if warn := players[w.place.Role.Kind].newer; warn != nil {
		warn(w)
	}
}

func (w *writer) noRealtime() {
	w.warn("Druid %s has no realtime node any more", w.s.topo.DruidVersion)
}

func (w *writer) noLoadQueue() {
	if w.s.topo.DruidVersion == "33.0.0" {
		w.warn("Druid 33.0.0 has no load queue any more: its %s takes part in announcements, but not in loading and dropping", w.place.Role.Kind)
	}
}

// override are the properties of the topology and of the role.
func (w *writer) override() {
	for _, props := range []map[string]string{w.s.topo.Defaults.Properties, w.place.Role.Properties} {
		for _, key := range slices.Sorted(maps.Keys(props)) {
			w.set(key, props[key])
		}
	}
}
