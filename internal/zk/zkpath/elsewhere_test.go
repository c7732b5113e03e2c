package zkpath

import "testing"

func TestElsewhereFindsTheBase(t *testing.T) {
	for path, want := range map[string]struct {
		base string
		kind Kind
		of   string
	}{
		"/prod/announcements/h:8083":                     {"/prod", KindAnnouncement, "h:8083"},
		"/a/b/announcements/h:8083":                      {"/a/b", KindAnnouncement, "h:8083"},
		"/announcements/h:8083":                          {"/", KindAnnouncement, "h:8083"},
		"/prod/indexer/announcements/h:8091":             {"/prod", KindWorker, "h:8091"},
		"/prod/internal-discovery/BROKER/h:8082":         {"/prod", KindNodeDiscovery, "h:8082"},
		"/prod/coordinator/_COORDINATOR/_c_1-latch-0001": {"/prod", KindCoordinatorLatch, ""},
		"/prod/discovery/druid:coordinator/1-2":          {"/prod/discovery", KindServiceInstance, ""},
		"/druid:coordinator/1-2":                         {"/", KindServiceInstance, ""},
		"/prod/segments/h:8083/batch":                    {"/prod", KindSegmentBatch, "h:8083"},
		"/prod/config":                                   {"", KindOther, ""},
		"/":                                              {"", KindOther, ""},
	} {
		base, got := Elsewhere(path)
		if base != want.base || got.Kind != want.kind || got.Server != want.of {
			t.Errorf("%s: got %q %q %q, want %v", path, base, got.Kind, got.Server, want)
		}
	}
}
