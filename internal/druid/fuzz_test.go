package druid_test

import (
	"bytes"
	"encoding/hex"
	"testing"

	"oakmoot/internal/druid"
)

// FuzzPayloads checks for every decoder that what has been written once does not change
// when it is read and written again.
func FuzzPayloads(f *testing.F) {
	seeded := map[string]int{}
	for _, v := range vectors(f) {
		payload, err := hex.DecodeString(v.Hex)
		if err != nil {
			f.Fatal(err)
		}
		if _, ok := throughKind[v.Kind]; ok && seeded[v.Kind] < 3 {
			seeded[v.Kind]++
			f.Add(v.Kind, druid.Gunzip(payload))
		}
	}
	f.Fuzz(func(t *testing.T, kind string, payload []byte) {
		through, ok := throughKind[kind]
		if !ok {
			return
		}
		first, err := through(payload)
		if err != nil {
			return
		}
		second, err := through(first)
		if err != nil || !bytes.Equal(first, second) {
			t.Errorf("%s %s:\nfirst  %s\nsecond %s, %v", kind, payload, first, second, err)
		}
	})
}

func FuzzParseTask(f *testing.F) {
	for _, kind := range druid.TaskTypes {
		f.Add([]byte(`{"type":"` + kind + `","dataSource":"w","interval":"2019-01-01/P1D","spec":{"dataSchema":{"dataSource":"w"},"ioConfig":{"firehose":{"type":"local"}}},"context":{"priority":5}}`))
	}
	f.Fuzz(func(t *testing.T, given []byte) {
		task, err := druid.ParseTask(given, now)
		if err != nil {
			return
		}
		again, err := druid.ParseTask(task.JSON, now)
		if err != nil || !bytes.Equal(again.JSON, task.JSON) || again.ID != task.ID {
			t.Errorf("%s:\nfirst  %s\nsecond %s, %v", given, task.JSON, again.JSON, err)
		}
	})
}

func FuzzTimes(f *testing.F) {
	for _, seed := range []string{"2019-01-01/2019-01-02", "P1D/2019-01-01T00:00:00.000Z", "2019/PT0.1S", "2019-W01/2020", "-0001-01-01/P1Y"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if p, err := druid.ParsePeriod(text); err == nil {
			if again, err := druid.ParsePeriod(p.String()); err != nil || again != p {
				t.Errorf("period %q is written %q, which is read as %q, %v", text, p, again, err)
			}
		}
		i, err := druid.ParseInterval(text)
		if err != nil {
			return
		}
		if again, err := druid.ParseInterval(i.String()); err != nil || again != i {
			t.Errorf("interval %q: %s is read as %s, %v", text, i, again, err)
		}
	})
}

func FuzzSegmentID(f *testing.F) {
	f.Add("wiki", "wiki_2019-01-01T00:00:00.000Z_2019-01-02T00:00:00.000Z_v1_3")
	f.Add("a_b", "a_b_2019-01-01_2019-01-02_v_01")
	f.Fuzz(func(t *testing.T, dataSource, text string) {
		id, err := druid.ParseSegmentID(dataSource, text)
		if err != nil {
			return
		}
		again, err := druid.ParseSegmentID(dataSource, id.String())
		if err != nil || again != id {
			t.Errorf("%q: %+v is read again as %+v, %v", text, id, again, err)
		}
	})
}
