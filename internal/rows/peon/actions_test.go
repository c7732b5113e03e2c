package peon

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/go-hclog"

	"oakmoot/internal/druid"
	"oakmoot/internal/run/node"
)

// answers is an overlord that gives these answers in turn, and remembers what it was
// asked and when.
type answers struct {
	give  []answer
	asked []string
	at    []time.Time
}

type answer struct {
	code int // 0: the connection fails
	body string
}

func (a *answers) Do(ctx context.Context, method, path string, body []byte, header http.Header) (*http.Response, error) {
	a.asked = append(a.asked, method+" "+path+" "+string(body))
	a.at = append(a.at, time.Now())
	if len(a.give) == 0 {
		return nil, errors.New("no more answers")
	}
	next := a.give[0]
	a.give = a.give[1:]
	if next.code == 0 {
		return nil, errors.New("connection refused")
	}
	return &http.Response{StatusCode: next.code, Status: http.StatusText(next.code), Body: io.NopCloser(strings.NewReader(next.body))}, nil
}

func testActions(overlord Leader, props node.Properties) *Actions {
	cfg := Config{Overlord: overlord, Task: druid.Task{ID: "t", JSON: []byte(`{"type":"noop","id":"t"}`)}}
	cfg.Props, cfg.Log = props, hclog.NewNullLogger()
	return newActions(cfg)
}

func TestActionsAreWrittenAsJavaWritesThem(t *testing.T) {
	interval := druid.Interval{Start: 1546300800000, End: 1546387200000}
	const text = "2019-01-01T00:00:00.000Z/2019-01-02T00:00:00.000Z"
	for _, test := range []struct {
		name, want, result string
		submit             func(a *Actions) error
	}{
		{"locks", `{"type":"lockList"}`, `[]`, func(a *Actions) error { _, err := a.Locks(t.Context()); return err }},
		{"try lock", `{"type":"lockTryAcquire","lockType":"EXCLUSIVE","interval":"` + text + `"}`, `null`, func(a *Actions) error {
			lock, err := a.TryLock(t.Context(), interval)
			if lock != nil {
				t.Errorf("refused lock: got %v, want nil", lock)
			}
			return err
		}},
		{"unused", `{"type":"segmentListUnused","dataSource":"ds","interval":"` + text + `"}`, `[]`, func(a *Actions) error {
			_, err := a.Unused(t.Context(), "ds", interval)
			return err
		}},
		{"used", `{"type":"segmentListUsed","dataSource":"ds","intervals":["` + text + `"]}`, `[]`, func(a *Actions) error {
			_, err := a.Used(t.Context(), "ds", []druid.Interval{interval})
			return err
		}},
		{"publish nothing", `{"type":"segmentTransactionalInsert","segments":[],"startMetadata":null,"endMetadata":null}`, `{"segments":[],"success":true}`, func(a *Actions) error {
			ok, err := a.Publish(t.Context(), []druid.DataSegment{})
			if !ok {
				t.Error("publish: got false, want true")
			}
			return err
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			overlord := &answers{give: []answer{{200, `{"result":` + test.result + `}`}}}
			if err := test.submit(testActions(overlord, nil)); err != nil {
				t.Fatal(err)
			}
			want := []string{`POST /druid/indexer/v1/action {"task":{"type":"noop","id":"t"},"action":` + test.want + `}`}
			if diff := cmp.Diff(want, overlord.asked); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestActionIsRetriedUntilItIsAnswered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		overlord := &answers{give: []answer{{0, ""}, {503, ""}, {500, `{"error":"x"}`}, {200, `{"result":[]}`}}}
		if _, err := testActions(overlord, nil).Locks(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got := len(overlord.asked); got != 4 {
			t.Errorf("requests: got %d, want 4", got)
		}
		if took := overlord.at[3].Sub(overlord.at[0]); took < time.Second {
			t.Errorf("three retries took %v, want pauses of about 5, 10 and 20 s", took)
		}
	})
}

func TestActionGivesUpAfterItsRetries(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		overlord := &answers{}
		_, err := testActions(overlord, node.Properties{"druid.peon.taskActionClient.retry.maxRetryCount": "2"}).Locks(t.Context())
		if err == nil || len(overlord.asked) != 3 {
			t.Errorf("got error %v after %d requests, want one after 3", err, len(overlord.asked))
		}
	})
}

func TestActionEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		_, err := testActions(&answers{}, nil).Locks(ctx)
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v, want the context's error", err)
		}
	})
}

func TestRetryPausesDoubleUpToTheirMaximum(t *testing.T) {
	p := retryPolicy{minWait: 5 * time.Second, maxWait: time.Minute}
	var got []time.Duration
	for n := range 6 {
		got = append(got, p.wait(n))
	}
	want := []time.Duration{5 * time.Second, 10 * time.Second, 20 * time.Second, 40 * time.Second, time.Minute, time.Minute}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
