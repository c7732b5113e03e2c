// Package zkpath builds and parses every path of Druid's ZooKeeper layout. No
// other package writes such a path as text.
package zkpath

// Paths is the resolved layout of one cluster: ZkPathsConfig, IndexerZkConfig
// and CuratorDiscoveryConfig of Druid 0.14.0.
type Paths struct {
	Base                 string
	Announcements        string
	ServedSegments       string
	LiveSegments         string
	LoadQueue            string
	Coordinator          string
	Overlord             string
	InternalDiscovery    string
	Discovery            string // druid.discovery.curator.path, not under Base
	IndexerAnnouncements string
	IndexerTasks         string
	IndexerStatus        string
	LookupListeners      string // BASE/listeners/lookups
}

// Join is ZKPaths.makePath of Curator.
func Join(parent string, children ...string) string {
	for _, c := range children {
		parent += "/" + c
	}
	return parent
}
