package cluster

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strconv"

	"oakmoot/internal/druid"
	"oakmoot/internal/rows/segment"
	"oakmoot/internal/run/deepstore"
	"oakmoot/internal/run/disk"
	process "oakmoot/internal/run/node"
)

// examine looks at the files of a segment in the segment cache of one of our historicals,
// where SegmentLoaderLocalCacheManager keeps them, and says what is wrong with them. All of
// them are read only if that is asked for.
func examine(n *node, props process.Properties, s druid.DataSegment, whole bool) error {
	if deepstore.IsGenerated(s.LoadSpec) {
		return nil // it has no files
	}
	relative := filepath.Join(s.DataSource, s.Interval.Start.String()+"_"+s.Interval.End.String(), s.Version, strconv.Itoa(s.ShardSpec.PartitionNum))
	for _, location := range cacheLocations(n, props) {
		dir := filepath.Join(location, relative)
		if _, err := os.Stat(filepath.Join(dir, "version.bin")); err != nil {
			continue
		}
		if !whole {
			return nil
		}
		_, err := segment.Open(disk.OS{}, dir)
		return err
	}
	return fmt.Errorf("%s is not in its segment cache", relative)
}

// cacheLocations are the directories of a historical's segment cache.
func cacheLocations(n *node, props process.Properties) (paths []string) {
	var locations []struct{ Path string }
	_ = json.Unmarshal([]byte(props["druid.segmentCache.locations"]), &locations) // without a list that can be read, the default counts
	for _, l := range locations {
		paths = append(paths, l.Path)
	}
	if len(paths) == 0 {
		paths = []string{filepath.Join(n.dir, "segment-cache")}
	}
	return paths
}
