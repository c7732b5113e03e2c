package peon

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"oakmoot/internal/druid"
)

// The rows of testdata/hashed-shards.tsv went through HashBasedNumberedShardSpec of
// 0.14.0: shard of 7, hash, key. Even lines hash all dimensions, odd ones only page.
func TestRowsAreAssignedToShardsAsInJava(t *testing.T) {
	pages := [][]string{{"a"}, {"b", "a", "b"}, nil, {"zoë\u2028\"\\/<&"}, {"\x01\n\x1f\x7f"}, {"😀"}, {""}}
	data, err := os.ReadFile("testdata/hashed-shards.tsv")
	if err != nil {
		t.Fatal(err)
	}
	for n, line := range strings.Split(strings.TrimSuffix(string(data), "\n"), "\n") {
		want := strings.SplitN(line, "\t", 3)
		i := n / 2
		row := map[string][]string{"page": pages[i], "user": {fmt.Sprint("u", i)}}
		var partitionDims []string
		if n%2 == 1 {
			partitionDims = []string{"page"}
		}
		key := groupKey(1546300800000+int64(i)*1000, []string{"user", "page"}, partitionDims, func(d string) []string { return row[d] })
		got := []string{fmt.Sprint(shardOf(key, 7)), fmt.Sprint(murmur3(key)), string(key)}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("row %d (-want +got):\n%s", n, diff)
		}
	}
}

func TestShardOfStaysInRange(t *testing.T) {
	seen := make(map[int]bool)
	for i := range 1000 {
		key := groupKey(int64(i), nil, nil, nil)
		shard := shardOf(key, 3)
		if shard < 0 || shard > 2 {
			t.Fatalf("shard of %s: got %d, want 0 to 2", key, shard)
		}
		seen[shard] = true
	}
	if len(seen) != 3 {
		t.Errorf("shards used: got %v, want all three", seen)
	}
}

func TestLockedIntervalsAreUmbrellasOfAbuttingBuckets(t *testing.T) {
	i := func(start, end int64) druid.Interval {
		return druid.Interval{Start: druid.Timestamp(start), End: druid.Timestamp(end)}
	}
	got := compact(sortIntervals([]druid.Interval{i(30, 40), i(0, 10), i(10, 20), i(0, 10), i(50, 60), i(40, 50)}))
	if diff := cmp.Diff([]druid.Interval{i(0, 20), i(30, 60)}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestBucketOfARow(t *testing.T) {
	i := func(start, end int64) druid.Interval {
		return druid.Interval{Start: druid.Timestamp(start), End: druid.Timestamp(end)}
	}
	buckets := []druid.Interval{i(0, 10), i(10, 20), i(30, 40)}
	for at, want := range map[int64]druid.Interval{0: i(0, 10), 9: i(0, 10), 10: i(10, 20), 39: i(30, 40), -1: {}, 20: {}, 29: {}, 40: {}} {
		got, ok := bucketOf(buckets, druid.Timestamp(at))
		if got != want || ok != (want != druid.Interval{}) {
			t.Errorf("bucket of %d: got %v %t, want %v", at, got, ok, want)
		}
	}
}
