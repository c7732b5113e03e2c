package druid

import (
	"strings"
	"testing"
)

func TestSegmentsAreTheSameIfAllTheirMembersAre(t *testing.T) {
	const whole = `{"dataSource":"wiki","interval":"2019-01-01/2019-01-02","version":"v1","loadSpec":{"type":"local","path":"/x"},
		"dimensions":"page","metrics":"count","shardSpec":{"type":"single","dimension":"page","start":"a","end":"m","partitionNum":1,"more":1},
		"binaryVersion":9,"size":10,"extra":true}`
	read := func(text string) *DataSegment {
		var s DataSegment
		if err := s.UnmarshalJSON([]byte(text)); err != nil {
			t.Fatal(err)
		}
		return &s
	}
	if !read(whole).Same(read(whole)) {
		t.Error("a segment is not the same as itself")
	}
	for _, change := range [][2]string{
		{"wiki", "wike"}, {"01-02", "01-03"}, {"v1", "v2"}, {"/x", "/y"}, {`"page","m`, `"pages","m`}, {"count", "sum"},
		{`"dimension":"page"`, `"dimension":"user"`}, {`"start":"a"`, `"start":"b"`}, {`"end":"m"`, `"end":null`},
		{`"partitionNum":1`, `"partitionNum":2`}, {`"more":1`, `"more":2`}, {":9", ":8"}, {":10", ":11"}, {`"extra":true`, `"extra":false`},
		{`"binaryVersion":9,`, ""},
	} {
		if changed := strings.Replace(whole, change[0], change[1], 1); changed == whole || read(whole).Same(read(changed)) {
			t.Errorf("%s: the same after it became %s", change[0], change[1])
		}
	}
}
