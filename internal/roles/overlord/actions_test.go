package overlord

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"oakmoot/internal/druid"
)

// wiki is a task on the datasource wiki that a leader without workers keeps pending:
// it is active.
func wiki(id string, context ...string) string {
	return fmt.Sprintf(`{"type":"noop","id":%q,"dataSource":"wiki","context":{%s}}`, id, strings.Join(context, ","))
}

// inTerm runs f in a world with a leader that has no workers.
func inTerm(t *testing.T, f func(t *testing.T, w *world, in *incarnation), change ...func(*Config)) {
	t.Helper()
	inWorld(t, func(t *testing.T, w *world) { f(t, w, w.leader(8090, change...)) })
}

// day is a segment of a day of January 2019, as JSON.
func day(n, partition int, version string) string {
	start := druid.At(time.Date(2019, 1, n, 0, 0, 0, 0, time.UTC))
	nine := 9
	b, err := druid.Marshal(druid.DataSegment{
		DataSource: "wiki", Interval: druid.Interval{Start: start, End: start + 86_400_000}, Version: version,
		LoadSpec: json.RawMessage(`{"type":"local","path":"/x/index.zip"}`), Dimensions: []string{"page"}, Metrics: []string{"count"},
		ShardSpec: druid.NumberedShardSpec(partition, 0), BinaryVersion: &nine, Size: 100,
	})
	if err != nil {
		panic(err)
	}
	return string(b)
}

// ids are the identifiers in an answer.
func ids(answer string) []string {
	found := []string{}
	for _, m := range regexp.MustCompile(`"identifier":"([^"]*)"`).FindAllStringSubmatch(answer, -1) {
		found = append(found, m[1])
	}
	return found
}

const (
	lockDay  = `{"type":"lockTryAcquire","interval":"2019-01-01/2019-01-02"}`
	lockList = `{"type":"lockList"}`
	listUsed = `{"type":"segmentListUsed","dataSource":"wiki","intervals":["2019-01-01/2019-02-01"]}`
	firstDay = "wiki_2019-01-01T00:00:00.000Z_2019-01-02T00:00:00.000Z_v1"
)

func TestLockActions(t *testing.T) {
	inTerm(t, func(t *testing.T, w *world, in *incarnation) {
		low, high := wiki("low"), wiki("high", `"priority":80`)
		w.submit(in, low)
		w.submit(in, high)
		lock := w.act(in, low, lockDay)
		want := `{"type":"EXCLUSIVE","groupId":"low","dataSource":"wiki","interval":"2019-01-01T00:00:00.000Z/2019-01-02T00:00:00.000Z","version":"V","priority":0,"revoked":false}`
		version := regexp.MustCompile(`"version":"([^"]*)"`)
		if diff := cmp.Diff(want, version.ReplaceAllString(lock, `"version":"V"`)); diff != "" {
			t.Error(diff)
		}
		if got := w.act(in, low, lockDay); got != lock {
			t.Errorf("asked again: got %s, want %s", got, lock)
		}
		if got := w.act(in, low, lockList); got != "["+lock+"]" {
			t.Errorf("listed: got %s", got)
		}
		if got := w.act(in, high, lockList); got != "[]" {
			t.Errorf("listed for another task: got %s", got)
		}
		if got := w.act(in, high, lockDay); !strings.Contains(got, `"priority":80,"revoked":false`) {
			t.Errorf("a higher priority: got %s", got)
		}
		if got := w.act(in, low, lockList); got != "["+strings.Replace(lock, `"revoked":false`, `"revoked":true`, 1)+"]" {
			t.Errorf("after it was revoked: got %s", got)
		}
		for _, ask := range []string{lockDay, `{"type":"lockAcquire","interval":"2019-01-01/2019-01-02","timeoutMs":0}`} {
			if got := w.act(in, low, ask); got != "null" {
				t.Errorf("%s when it was revoked: got %s, want null and no waiting", ask, got)
			}
		}
		locks, err := w.store.Locks(t.Context())
		if err != nil || len(locks["low"]) != 1 || !locks["low"][0].Revoked || len(locks["high"]) != 1 {
			t.Errorf("stored: got %v %v", locks, err)
		}
		if got := w.act(in, low, `{"type":"lockRelease","interval":"2019-01-01/2019-01-02"}`); got != "null" {
			t.Errorf("released: got %s", got)
		}
		w.Call(http.MethodPost, in.addr+api+"/task/high/shutdown", "")
		if locks, err = w.store.Locks(t.Context()); err != nil || len(locks) != 0 {
			t.Errorf("stored in the end: got %v %v", locks, err)
		}
		if got := w.act(in, high, lockDay); got != "500 Unable to grant lock to inactive Task [high]" {
			t.Errorf("after its end: got %s", got)
		}
	})
}

func TestLockAcquireWaits(t *testing.T) {
	inTerm(t, func(t *testing.T, w *world, in *incarnation) {
		holder, waiter := wiki("holder"), wiki("waiter")
		w.submit(in, holder)
		w.submit(in, waiter)
		w.act(in, holder, lockDay)
		if got := w.act(in, waiter, lockDay); got != "null" {
			t.Errorf("without waiting: got %s, want null", got)
		}
		begun := time.Now()
		if got := w.act(in, waiter, `{"type":"lockAcquire","interval":"2019-01-01/2019-01-02","timeoutMs":90000}`); got != "null" || time.Since(begun) != 90*time.Second {
			t.Errorf("got %s after %v, want null after 90s", got, time.Since(begun))
		}
		answer := make(chan string, 1)
		go func() {
			answer <- w.act(in, waiter, `{"type":"lockAcquire","interval":"2019-01-01/2019-01-02","timeoutMs":0}`)
		}()
		time.Sleep(10 * time.Minute)
		select {
		case got := <-answer:
			t.Fatalf("got %s while the lock is held", got)
		default:
		}
		w.act(in, holder, `{"type":"lockRelease","interval":"2019-01-01/2019-01-02"}`)
		if got := <-answer; !strings.Contains(got, `"groupId":"waiter"`) {
			t.Errorf("got %s, want the lock", got)
		}
	})
}

func TestLockAcquireEndsWithItsTaskAndWithTheTerm(t *testing.T) {
	inTerm(t, func(t *testing.T, w *world, in *incarnation) {
		for _, id := range []string{"holder", "a", "b"} {
			w.submit(in, wiki(id))
		}
		w.act(in, wiki("holder"), lockDay)
		ask := func(id string) <-chan int {
			code := make(chan int, 1)
			go func() {
				got, _ := w.Call(http.MethodPost, in.addr+api+"/action",
					fmt.Sprintf(`{"task":%s,"action":{"type":"lockAcquire","interval":"2019-01-01/2019-01-02","timeoutMs":0}}`, wiki(id)))
				code <- got
			}()
			return code
		}
		a, b := ask("a"), ask("b")
		time.Sleep(time.Second)
		w.Call(http.MethodPost, in.addr+api+"/task/a/shutdown", "")
		if got := <-a; got != http.StatusInternalServerError {
			t.Errorf("shut down: got %d, want 500", got)
		}
		in.link.Cut()
		if got := <-b; got != http.StatusServiceUnavailable {
			t.Errorf("no longer leading: got %d, want 503", got)
		}
	})
}

func TestSegmentsArePublishedUnderALockOnly(t *testing.T) {
	inTerm(t, func(t *testing.T, w *world, in *incarnation) {
		a, b := wiki("a"), wiki("b", `"priority":10`)
		w.submit(in, a)
		w.submit(in, b)
		insert := `{"type":"segmentTransactionalInsert","segments":[` + day(1, 0, "v1") + `],"startMetadata":null,"endMetadata":null}`
		if got := w.act(in, a, insert); !strings.HasPrefix(got, "500 Segments[["+firstDay+"]] are not covered by locks") {
			t.Errorf("without a lock: got %s", got)
		}
		w.act(in, a, `{"type":"lockTryAcquire","lockType":"SHARED","interval":"2019-01-05/2019-01-06"}`)
		if got := w.act(in, a, insert); !strings.HasPrefix(got, "500 Segments[") {
			t.Errorf("with a lock elsewhere: got %s", got)
		}
		shared := `{"type":"segmentTransactionalInsert","segments":[` + day(5, 0, "1") + `]}`
		if got := w.act(in, a, shared); got != `{"segments":[],"success":false}` {
			t.Errorf("with a shared lock: got %s", got)
		}
		w.act(in, a, lockDay)
		if got := w.act(in, a, strings.ReplaceAll(insert, `"v1"`, `"w"`)); !strings.HasPrefix(got, "500 Segments[") {
			t.Errorf("with a version after the lock's: got %s", got)
		}
		insert = strings.ReplaceAll(insert, `"v1"`, `"1"`)
		got := w.act(in, a, insert)
		if diff := cmp.Diff([]string{firstDay[:len(firstDay)-2] + "1"}, ids(got)); diff != "" || !strings.HasSuffix(got, `"success":true}`) {
			t.Errorf("with a lock: got %s", got)
		}
		if got := w.act(in, a, insert); got != `{"segments":[],"success":true}` {
			t.Errorf("inserted before: got %s", got)
		}
		w.act(in, b, lockDay)
		if got := w.act(in, a, strings.ReplaceAll(insert, `"partitionNum":0`, `"partitionNum":1`)); got != `{"segments":[],"success":false}` {
			t.Errorf("with a revoked lock: got %s", got)
		}
		for _, kind := range []string{"segmentNuke", "segmentMetadataUpdate"} {
			ask := fmt.Sprintf(`{"type":%q,"segments":[%s]}`, kind, day(1, 0, "1"))
			if got := w.act(in, a, ask); got != "500 Some locks for task[a] are already revoked" {
				t.Errorf("%s with a revoked lock: got %s", kind, got)
			}
		}
		if got := ids(w.act(in, a, listUsed)); len(got) != 1 {
			t.Errorf("got %v used in the end", got)
		}
	})
}

func TestMetadataMovesOnWithTheSegmentsOrNotAtAll(t *testing.T) {
	inTerm(t, func(t *testing.T, w *world, in *incarnation) {
		a := wiki("a")
		w.submit(in, a)
		w.act(in, a, `{"type":"lockTryAcquire","interval":"2019-01-01/2019-02-01"}`)
		insert := func(n int, start, end string) string {
			return w.act(in, a, fmt.Sprintf(`{"type":"segmentTransactionalInsert","segments":[%s],"startMetadata":{"type":"object","theObject":%s},"endMetadata":{"type":"object","theObject":%s}}`,
				day(n, 0, "1"), start, end))
		}
		for _, step := range []struct {
			n          int
			start, end string
			success    bool
		}{
			{1, `"from nowhere"`, `1`, false},
			{1, `null`, `{"offset":1}`, true},
			{2, `null`, `{"offset":2}`, false},
			{2, `{"offset":0}`, `{"offset":2}`, false},
			{2, `{"offset":1}`, `{"offset":2}`, true},
		} {
			got := insert(step.n, step.start, step.end)
			if strings.HasSuffix(got, `"success":true}`) != step.success || (len(ids(got)) == 1) != step.success {
				t.Errorf("from %s to %s: got %s, want success %v", step.start, step.end, got, step.success)
			}
		}
		if got := ids(w.act(in, a, listUsed)); len(got) != 2 {
			t.Errorf("got %v published", got)
		}
		stored, err := w.store.CommitMetadata(t.Context(), "wiki")
		if err != nil || string(stored) != `{"type":"object","theObject":{"offset":2}}` {
			t.Errorf("got metadata %s %v", stored, err)
		}
	})
}

func TestSegmentsAreListedRewrittenAndDeleted(t *testing.T) {
	inTerm(t, func(t *testing.T, w *world, in *incarnation) {
		a := wiki("a")
		w.submit(in, a)
		w.act(in, a, `{"type":"lockTryAcquire","interval":"2019-01-01/2019-02-01"}`)
		inserted := w.act(in, a, `{"type":"segmentInsertion","segments":[`+day(1, 0, "1")+","+day(2, 0, "1")+","+day(3, 0, "1")+`]}`)
		if got := ids(inserted); len(got) != 3 || !strings.HasPrefix(inserted, "[") {
			t.Errorf("inserted: got %s", inserted)
		}
		for ask, want := range map[string]int{
			listUsed: 3,
			`{"type":"segmentListUsed","dataSource":"wiki","interval":"2019-01-02/2019-01-03"}`:                                                    1,
			`{"type":"segmentListUsed","dataSource":"wiki","intervals":["2019-01-01/2019-01-02","2019-01-03/2019-01-04"]}`:                         2,
			`{"type":"segmentListUsed","dataSource":"edits","intervals":["2019-01-01/2019-02-01"]}`:                                                0,
			`{"type":"segmentListUnused","dataSource":"wiki","interval":"2019-01-01/2019-02-01"}`:                                                  0,
			`{"type":"surrogateAction","surrogateId":"a","taskAction":{"type":"segmentListUsed","dataSource":"wiki","interval":"2019-01-01/P1D"}}`: 1,
		} {
			got := w.act(in, a, ask)
			if len(ids(got)) != want || want == 0 && got != "[]" {
				t.Errorf("%s: got %s, want %d", ask, got, want)
			}
		}
		if got := w.act(in, a, `{"type":"segmentMetadataUpdate","segments":[`+strings.Replace(day(1, 0, "1"), "/x/", "/moved/", 1)+`]}`); got != "null" {
			t.Errorf("updated: got %s", got)
		}
		if got := w.act(in, a, listUsed); strings.Count(got, "/moved/index.zip") != 1 {
			t.Errorf("after the update: got %s", got)
		}
		segment, err := w.store.ByID(t.Context(), firstDay[:len(firstDay)-2]+"1")
		if err == nil {
			_, err = w.store.MarkUnused(t.Context(), segment.ID())
		}
		if err != nil {
			t.Fatal(err)
		}
		unused := w.act(in, a, `{"type":"segmentListUnused","dataSource":"wiki","interval":"2019-01-01/2019-02-01"}`)
		if got := ids(unused); len(got) != 1 {
			t.Errorf("unused: got %s", unused)
		}
		if got := w.act(in, a, `{"type":"segmentNuke","segments":`+unused+`}`); got != "null" {
			t.Errorf("nuked: got %s", got)
		}
		if all, err := w.store.All(t.Context(), "wiki"); err != nil || len(all) != 2 {
			t.Errorf("in the end: got %v %v, want two", all, err)
		}
	})
}

func TestMalformedActions(t *testing.T) {
	inTerm(t, func(t *testing.T, w *world, in *incarnation) {
		w.submit(in, wiki("a"))
		for body, want := range map[string]string{
			`{"task":` + wiki("a") + `,"action":{"type":"lockTryAcquire"}}`:                                         `400 {"error":"interval"}`,
			`{"task":` + wiki("a") + `,"action":{"type":"dance"}}`:                                                  `400 {"error":"Could not resolve type id 'dance' into a subtype of [simple type, class org.apache.druid.indexing.common.actions.TaskAction]: known`,
			`{"task":` + wiki("a") + `,"action":{"type":"lockTryAcquire","interval":"soon"}}`:                       `400 {"error":`,
			`{"task":` + wiki("a") + `,"action":{"type":"lockTryAcquire","lockType":"OPEN","interval":"2019/P1D"}}`: `400 {"error":"Can not construct instance of org.apache.druid.indexing.common.TaskLockType`,
			`{"task":` + wiki("a") + `,"action":{"type":"segmentListUsed","dataSource":"wiki"}}`:                    `400 {"error":"Instantiation of [simple type, class org.apache.druid.indexing.common.actions.SegmentListUsedAction] value failed: no intervals found`,
			`{"task":` + wiki("a") + `,"action":{"type":"segmentAllocate","dataSource":"wiki"}}`:                    `400 {"error":"Instantiation of [simple type, class org.apache.druid.indexing.common.actions.SegmentAllocateAction] value failed: timestamp`,
			`{"task":` + wiki("a") + `,"action":{"type":"surrogateAction","surrogateId":"a"}}`:                      `400 {"error":"taskAction"}`,
			`{"task":` + wiki("a") + `,"action":{}}`:                                                                `400 {"error":"Unexpected token`,
			`{"task":{"type":"dance"},"action":{"type":"lockList"}}`:                                                `400 {"error":"Could not resolve type id 'dance'`,
			`{"task":`: `500 {"error":"EOF"}`,
			`{"task":` + wiki("a") + `,"action":{"type":"surrogateAction","surrogateId":"x","taskAction":{"type":"lockList"}}}`: `500 {"error":"Can't find surrogate task[x]"}`,
			`{"task":` + wiki("a") + `,"action":{"type":"checkPointDataSourceMetadata"}}`:                                       `400 {"error":"Instantiation`,
			`{"task":` + wiki("a") + `,"action":{"type":"resetDataSourceMetadata"}}`:                                            `500 {"error":"id"}`,
			`{"task":` + wiki("a") + `,"action":{"type":"updateStatus","status":"successful"}}`:                                 `200 {"result":null}`,
			`{"task":` + wiki("gone") + `,"action":{"type":"lockList"}}`:                                                        `200 {"result":[]}`,
		} {
			code, answer := w.Call(http.MethodPost, in.addr+api+"/action", body)
			if got := fmt.Sprintf("%d %s", code, answer); !strings.HasPrefix(got, want) {
				t.Errorf("%s: got %s, want %s", body, got, want)
			}
		}
	})
}

func TestInsertedSegmentsAreListedFromTheAuditLog(t *testing.T) {
	inTerm(t, func(t *testing.T, w *world, in *incarnation) {
		w.submit(in, wiki("a"))
		w.act(in, wiki("a"), lockDay)
		w.act(in, wiki("a"), `{"type":"segmentInsertion","segments":[`+day(1, 0, "1")+`]}`)
		w.act(in, wiki("a"), `{"type":"segmentTransactionalInsert","segments":[`+day(1, 0, "1")+","+day(1, 1, "1")+`]}`)
		_, body := w.Get(in.addr + api + "/task/a/segments")
		if diff := cmp.Diff("["+day(1, 0, "1")+","+day(1, 1, "1")+"]", body); diff != "" {
			t.Error(diff)
		}
	}, with("druid.indexer.auditlog.enabled", "true"))
}

func TestWaitingActionOfACallerThatHangsUpIsForgotten(t *testing.T) {
	inTerm(t, func(t *testing.T, w *world, in *incarnation) {
		w.submit(in, wiki("holder"))
		w.submit(in, wiki("a"))
		w.act(in, wiki("holder"), lockDay)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+in.addr+api+"/action",
			strings.NewReader(`{"task":`+wiki("a")+`,"action":{"type":"lockAcquire","interval":"2019-01-01/2019-01-02","timeoutMs":0}}`))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Content-Type", "application/json")
		if resp, err := w.Client.Do(req); err == nil {
			body, _ := io.ReadAll(resp.Body)
			resp.Body.Close()
			t.Errorf("got an answer, want none: %s %s", resp.Status, body)
		}
		synctest.Wait() // the overlord has learned of it
		w.act(in, wiki("holder"), `{"type":"lockRelease","interval":"2019-01-01/2019-01-02"}`)
		if got := w.act(in, wiki("a"), lockList); got != "[]" {
			t.Errorf("got %s locked for nobody", got)
		}
	})
}
