package druid

import (
	"bytes"
	"encoding/json"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
)

const written = `{"dataSource":"w","interval":"2019-01-01T00:00:00.000Z/2019-01-02T00:00:00.000Z","version":"v","loadSpec":{"type":"local","path":"/a b/c"},"dimensions":"a,b","metrics":"","shardSpec":{"type":"numbered","partitionNum":2,"partitions":3},"binaryVersion":9,"size":12,"identifier":"w_i"}`

// quickTexts are segments as they may be written, most of them not by Druid.
func quickTexts() []string {
	texts := []string{written, "{}", "null", "[]", "1", `{"dataSource":"w"}`, " { } "}
	for _, change := range [][2]string{
		{`"w"`, `"ü"`}, {`"w"`, `"a\"b"`}, {`"w"`, `"a\\u0041"`}, {`"w"`, `7`}, {`"w"`, `null`}, {`"w",`, `"w" , `}, {`"dataSource"`, `"DataSource"`},
		{`2019-01-01T`, `2019-02-29T`}, {`2019-01-01T`, `2016-02-29T`}, {`2019-01-01T`, `2019-13-01T`}, {`00:00.000Z/`, `00:60.000Z/`}, {`T00:00:00.000Z/`, `/`},
		{`2019-01-01T`, `0000-01-01T`}, {`2019-01-01T`, `20190101-T`}, {`2019-01-02T`, `2018-01-02T`}, {`2019-01-02T`, `2019-01-01T`},
		{`{"type":"local","path":"/a b/c"}`, `null`}, {`{"type":"local","path":"/a b/c"}`, ` {"a" : [1, {"b":"}\"]"}]} `}, {`{"type":"local","path":"/a b/c"}`, `7.5e3`},
		{`{"type":"local","path":"/a b/c"}`, `{"a":"\\","b":"\\\"}","c":"\\\\"}`},
		{`"a,b"`, `["a","b"]`}, {`"a,b"`, `null`}, {`"a,b"`, `"a,,b,"`}, {`"metrics":"",`, ``},
		{`{"type":"numbered","partitionNum":2,"partitions":3}`, `null`}, {`{"type":"numbered","partitionNum":2,"partitions":3}`, `{"type":"none"}`},
		{`{"type":"numbered","partitionNum":2,"partitions":3}`, `{"type":"none","partitionNum":2}`}, {`"partitions":3`, `"partitions":3,"more":1`},
		{`{"type":"numbered",`, `{"type":"linear",`}, {`"type":"numbered",`, ``}, {`"type":"numbered",`, `"type":"hashed",`}, {`"partitionNum":2`, `"partitionNum":"2"`},
		{`{"type":"numbered","partitionNum":2,"partitions":3}`, `{"type":"single","dimension":"d","start":null,"end":"x","partitionNum":0}`},
		{`{"type":"numbered","partitionNum":2,"partitions":3}`, `{"partitionNum":2,"partitions":3,"type":"numbered"}`},
		{`"binaryVersion":9`, `"binaryVersion":null`}, {`"binaryVersion":9`, `"binaryVersion":"9"`}, {`"binaryVersion":9`, `"binaryVersion":300`},
		{`"size":12`, `"size":-12`}, {`"size":12`, `"size":1.5`}, {`"size":12`, `"size":1e3`}, {`"size":12`, `"size":9223372036854775807`}, {`"size":12`, `"size":true`},
		{`"size":12`, `"size":12,"size":13`}, {`"size":12`, `"size":12,"more":{"a":1}`}, {`"identifier":"w_i"`, `"identifier":{"a":[1,2]}`}, {`"identifier":"w_i"`, `"identifier":null`},
	} {
		texts = append(texts, strings.Replace(written, change[0], change[1], 1))
	}
	return texts
}

// slowly reads a segment in the general way.
func slowly(text []byte) (s DataSegment, err error) {
	s.ShardSpec = NoneShardSpec()
	return s, decodeObject(text, s.members(), &s.unknown)
}

func compareQuick(t *testing.T, text []byte) {
	t.Helper()
	quick := DataSegment{ShardSpec: NoneShardSpec()}
	if !json.Valid(text) || !quick.quick(text) {
		return
	}
	slow, err := slowly(text)
	if err != nil || !reflect.DeepEqual(quick, slow) {
		t.Errorf("%s:\nquickly %+v\nslowly  %+v, %v", text, quick, slow, err)
	}
}

func TestSegmentIsReadTheSameInEachWay(t *testing.T) {
	taken := 0
	for _, text := range quickTexts() {
		compareQuick(t, []byte(text))
		if q := (DataSegment{}); json.Valid([]byte(text)) && q.quick([]byte(text)) {
			taken++
		}
	}
	if taken < 12 {
		t.Errorf("the quick way took %d texts, want the usual forms", taken)
	}
	request := ChangeRequest{}
	if text := strings.Replace(written, "{", `{"action":"load",`, 1); !request.quick([]byte(text)) || request.Action != ActionLoad || request.Segment.Size != 12 {
		t.Errorf("a load request as Druid writes it was not read quickly: %+v", request)
	}
}

func FuzzSegmentIsReadTheSameInEachWay(f *testing.F) {
	for _, text := range quickTexts() {
		f.Add([]byte(text))
	}
	f.Fuzz(compareQuick)
}

func TestSegmentIsWrittenTheSameInEachWay(t *testing.T) {
	for _, text := range quickTexts() {
		s, err := slowly([]byte(text))
		if err != nil {
			continue
		}
		want, err := encodeObject(s.members(), s.unknown)
		got, gotErr := s.MarshalJSON()
		if err != nil || gotErr != nil || !bytes.Equal(got, want) {
			t.Errorf("got  %s, %v\nwant %s, %v", got, gotErr, want, err)
		}
	}
}

// encoded is what Marshal writes with an encoder.
func encoded(t *testing.T, v any) []byte {
	t.Helper()
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		t.Fatal(err)
	}
	return javaEscapes(bytes.TrimSuffix(b.Bytes(), []byte("\n")))
}

func TestSegmentIsMarshalledTheSameInEachWay(t *testing.T) {
	for _, text := range append(quickTexts(), strings.Replace(written, `"w"`, `"\u2028\u0001<>&"`, 1)) {
		s, err := slowly([]byte(text))
		if err != nil {
			continue
		}
		for _, v := range []any{s, &s, ChangeRequest{Action: ActionLoad, Segment: s}, ChangeRequest{Action: ActionDrop, Segment: s}, ChangeRequest{Action: ActionNoop, Segment: s}} {
			if got, err := Marshal(v); err != nil || !bytes.Equal(got, encoded(t, v)) {
				t.Errorf("got  %s, %v\nwant %s", got, err, encoded(t, v))
			}
		}
	}
	s := daySegmentWith(json.RawMessage("{no"))
	if got, err := Marshal(s); err == nil {
		t.Errorf("a load spec that is no JSON is written: %s", got)
	}
	if got, err := Marshal((*DataSegment)(nil)); err != nil || string(got) != "null" {
		t.Errorf("got %s, %v; want null", got, err)
	}
}

func daySegmentWith(loadSpec json.RawMessage) DataSegment {
	return DataSegment{DataSource: "w", Version: "v", LoadSpec: loadSpec, ShardSpec: NoneShardSpec()}
}

func TestInstantsAreWrittenAsTheirLayoutSays(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	instants := []Timestamp{0, -1, 1, 253402300799999, 253402300800000, -62167219200000, -62167219200001, MinTimestamp, MaxTimestamp}
	for range 1000 {
		instants = append(instants, Timestamp(rng.Int64N(1<<46)-1<<45))
	}
	for _, at := range instants {
		want := at.Time().Format(instantLayout)
		if got := at.String(); got != want {
			t.Errorf("%d: got %s, want %s", int64(at), got, want)
		}
		if len(want) == instantLength {
			if read, ok := quickInstant([]byte(want)); !ok || read != at {
				t.Errorf("%s: read as %d, %v; want %d", want, read, ok, int64(at))
			}
		}
	}
}
