package dataserver

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/go-hclog"

	"oakmoot/internal/rows/query"
	"oakmoot/internal/rows/smile"
)

const boundary = `{"queryType":"timeBoundary","dataSource":"wiki","context":{"queryId":"q1"}}`

// resource is a mux with the resource for a way to answer.
func resource(run Run) http.Handler {
	mux := http.NewServeMux()
	NewResource(run, nil, hclog.NewNullLogger()).Register(mux)
	return mux
}

func ask(h http.Handler, method, target, body string) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(method, target, strings.NewReader(body)))
	return w
}

// nothing answers every query like a server without segments.
func nothing(ctx context.Context, q *query.Query) (Answer, error) {
	r, err := q.Run(ctx, nil)
	return Answer{Result: r}, err
}

func TestAnswerNamesItsQueryAndItsContext(t *testing.T) {
	for _, target := range []string{"/druid/v2", "/druid/v2/"} {
		w := ask(resource(nothing), "POST", target, boundary)
		if w.Code != http.StatusOK || w.Body.String() != "[]" {
			t.Errorf("POST %s: got %d %s, want 200 []", target, w.Code, w.Body)
		}
		if id, said := w.Header().Get(QueryIDHeader), w.Header().Get(query.ContextHeader); id != "q1" || said != "{}" {
			t.Errorf("POST %s: got headers %q and %q, want q1 and {}", target, id, said)
		}
	}
	w := ask(resource(nothing), "POST", "/druid/v2", `{"queryType":"timeBoundary","dataSource":"wiki"}`)
	if id := w.Header().Get(QueryIDHeader); len(id) != 36 {
		t.Errorf("id of a query without one: got %q, want a UUID", id)
	}
}

func TestSmileIsAnsweredInSmile(t *testing.T) {
	for _, tt := range []struct{ asked, accept, want string }{
		{smileType, "", smileType}, {"application/smile", "", smileType}, {smileType, "application/json", "application/json"},
		{"application/json", smileType, smileType}, {"application/json", "*/*", "application/json"},
	} {
		body := []byte(boundary)
		if isSmile(tt.asked) {
			var err error
			if body, err = smile.FromJSON(body); err != nil {
				t.Fatal(err)
			}
		}
		req := httptest.NewRequest("POST", "/druid/v2/", bytes.NewReader(body))
		req.Header.Set("Content-Type", tt.asked)
		if tt.accept != "" {
			req.Header.Set("Accept", tt.accept)
		}
		w := httptest.NewRecorder()
		resource(nothing).ServeHTTP(w, req)
		want := "[]"
		if isSmile(tt.want) {
			want = ":)\n\x00\xf8\xf9"
		}
		if got := w.Header().Get("Content-Type"); w.Code != http.StatusOK || got != tt.want || w.Body.String() != want {
			t.Errorf("asked in %s, accepting %q: got %d %s %q, want 200 %s %q", tt.asked, tt.accept, w.Code, got, w.Body, tt.want, want)
		}
	}
}

func TestFailuresAreFiveHundredsInDruidsForm(t *testing.T) {
	failing := func(err error) Run {
		return func(context.Context, *query.Query) (Answer, error) { return Answer{}, err }
	}
	tests := map[string]struct {
		run        Run
		body, want string // error and errorClass
	}{
		"no JSON":         {nothing, "garbage", "Unknown exception com.fasterxml.jackson.core.JsonParseException"},
		"unknown query":   {nothing, `{"queryType":"guess"}`, "Unknown exception com.fasterxml.jackson.databind.JsonMappingException"},
		"too large":       {nothing, strings.Repeat(" ", maxQueryBytes+1), "Unknown exception org.apache.druid.java.util.common.ISE"},
		"error of a disk": {failing(errors.New("read error")), boundary, "Unknown exception org.apache.druid.java.util.common.ISE"},
		"error of a query": {
			failing(&query.Error{Code: query.ResourceLimit, Class: "c"}), boundary, "Resource limit exceeded c",
		},
	}
	for name, tt := range tests {
		w := ask(resource(tt.run), "POST", "/druid/v2", tt.body)
		var e struct{ Error, ErrorClass string }
		if err := json.Unmarshal(w.Body.Bytes(), &e); err != nil {
			t.Errorf("%s: got %s, want JSON", name, w.Body)
		}
		if got := e.Error + " " + e.ErrorClass; w.Code != http.StatusInternalServerError || got != tt.want {
			t.Errorf("%s: got %d %q, want 500 %q", name, w.Code, got, tt.want)
		}
	}
}

// wait answers nothing until its context ends.
func wait(ctx context.Context, _ *query.Query) (Answer, error) {
	<-ctx.Done()
	return Answer{}, ctx.Err()
}

func TestQueryEndsWhenItIsCancelled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := resource(wait)
		answered := make(chan *httptest.ResponseRecorder)
		go func() { answered <- ask(h, "POST", "/druid/v2", boundary) }()
		synctest.Wait()
		if w := ask(h, "DELETE", "/druid/v2/other", ""); w.Code != http.StatusAccepted {
			t.Errorf("DELETE of an unknown query: got %d, want 202", w.Code)
		}
		synctest.Wait()
		select {
		case w := <-answered:
			t.Fatalf("the query ended with %d %s, want it to go on", w.Code, w.Body)
		default:
		}
		ask(h, "DELETE", "/druid/v2/q1", "")
		if w := <-answered; w.Code != http.StatusInternalServerError || !strings.Contains(w.Body.String(), query.QueryCancelled) {
			t.Errorf("cancelled query: got %d %s, want 500 and %s", w.Code, w.Body, query.QueryCancelled)
		}
	})
}

func TestQueryEndsAtItsTimeout(t *testing.T) {
	for timeout, want := range map[string]string{`1000`: query.QueryTimeout, `"2000"`: query.QueryTimeout, `null`: query.QueryTimeout, `-1`: query.QueryTimeout} {
		synctest.Test(t, func(t *testing.T) {
			w := ask(resource(wait), "POST", "/druid/v2", `{"queryType":"timeBoundary","dataSource":"wiki","context":{"timeout":`+timeout+`}}`)
			if !strings.Contains(w.Body.String(), want) {
				t.Errorf("timeout %s: got %s, want %s", timeout, w.Body, want)
			}
		})
	}
}

func TestConcurrentQueriesAreLimited(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := resource(wait)
		answered := make(chan *httptest.ResponseRecorder, maxQueries)
		for range maxQueries {
			go func() { answered <- ask(h, "POST", "/druid/v2", boundary) }()
		}
		synctest.Wait()
		if w := ask(h, "POST", "/druid/v2", boundary); !strings.Contains(w.Body.String(), query.ResourceLimit) {
			t.Errorf("query %d: got %s, want %s", maxQueries+1, w.Body, query.ResourceLimit)
		}
		ask(h, "DELETE", "/druid/v2/q1", "")
		for range maxQueries {
			<-answered
		}
	})
}

func TestPrettyIsJacksons(t *testing.T) {
	for raw, want := range map[string]string{
		`[]`:                  `[ ]`,
		`{}`:                  `{ }`,
		`[1,"a<b",null,true]`: `[ 1, "a<b", null, true ]`,
		`[{"a":1,"b":{}},{}]`: "[ {\n  \"a\" : 1,\n  \"b\" : { }\n}, { } ]",
		`{"a":[{"b":1.0}]}`:   "{\n  \"a\" : [ {\n    \"b\" : 1.0\n  } ]\n}",
		`[12345678901234567]`: `[ 12345678901234567 ]`,
		`garbage`:             `garbage`,
	} {
		if diff := cmp.Diff(want, string(Pretty([]byte(raw)))); diff != "" {
			t.Errorf("%s (-want +got):\n%s", raw, diff)
		}
	}
	if w := ask(resource(nothing), "POST", "/druid/v2?pretty", boundary); w.Body.String() != "[ ]" {
		t.Errorf("?pretty: got %s, want [ ]", w.Body)
	}
}
