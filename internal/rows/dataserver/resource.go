package dataserver

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"sync"
	"time"

	"github.com/google/uuid"
	"github.com/hashicorp/go-hclog"

	"oakmoot/internal/druid"
	"oakmoot/internal/rows/query"
	"oakmoot/internal/rows/smile"
	"oakmoot/internal/run/clock"
	"oakmoot/internal/run/node"
)

// Limits of the query resource.
const (
	maxQueryBytes  = 16 << 20
	maxQueries     = 1000            // running at once; Druid has druid.server.http.numThreads
	defaultTimeout = 5 * time.Minute // druid.server.http.defaultQueryTimeout
)

// QueryIDHeader names the query that an answer belongs to.
const QueryIDHeader = "X-Druid-Query-Id"

// Answer is the result of a query.
type Answer struct {
	Result  query.Result
	Missing []query.Descriptor // asked for by descriptor but not served
}

// Run answers a query. An error that is a *query.Error is passed on unchanged.
type Run func(ctx context.Context, q *query.Query) (Answer, error)

// Resource is /druid/v2, where native queries are posted and cancelled: QueryResource.
type Resource struct {
	run   Run
	clock *clock.Clock // of the process
	log   hclog.Logger

	mu      sync.Mutex // guards the fields below
	running map[string]map[*running]struct{}
	count   int
}

// running is a query being answered.
type running struct{ cancel context.CancelCauseFunc }

// NewResource returns the resource for a way to answer queries.
func NewResource(run Run, by *clock.Clock, log hclog.Logger) *Resource {
	return &Resource{run: run, clock: by, log: log, running: make(map[string]map[*running]struct{})}
}

// Register adds the resource to a mux.
func (r *Resource) Register(mux *http.ServeMux) {
	mux.HandleFunc("POST /druid/v2", node.Takes(node.JSONOrSmile, r.serveQuery))
	mux.HandleFunc("POST /druid/v2/{$}", node.Takes(node.JSONOrSmile, r.serveQuery))
	mux.HandleFunc("DELETE /druid/v2/{id}", r.serveCancel)
}

func (r *Resource) serveQuery(w http.ResponseWriter, req *http.Request) {
	q, err := readQuery(w, req)
	if err != nil {
		r.fail(w, req, err)
		return
	}
	id := q.ID()
	if id == "" {
		id = uuid.NewString()
	}
	answer, err := r.answer(req.Context(), id, q)
	if err != nil {
		r.fail(w, req, err)
		return
	}
	r.write(w, req, id, q, answer)
}

func readQuery(w http.ResponseWriter, req *http.Request) (*query.Query, error) {
	body, err := io.ReadAll(http.MaxBytesReader(w, req.Body, maxQueryBytes))
	if err == nil && isSmile(req.Header.Get("Content-Type")) {
		body, err = smile.ToJSON(body)
	}
	if err != nil {
		return nil, err
	}
	return query.Parse(body)
}

// answer runs a query so that it can be cancelled and ends at its timeout.
func (r *Resource) answer(ctx context.Context, id string, q *query.Query) (Answer, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	ctx, stop := r.clock.WithTimeoutCause(ctx, timeoutOf(q), errTimeout)
	defer stop()
	done, err := r.enter(id, &running{cancel})
	if err != nil {
		return Answer{}, err
	}
	defer done()
	answer, err := r.run(ctx, q)
	if err != nil && ctx.Err() != nil {
		err = context.Cause(ctx)
	}
	return answer, err
}

var (
	errTimeout   = &query.Error{Code: query.QueryTimeout, Message: "Timeout waiting for task.", Class: "java.util.concurrent.TimeoutException"}
	errCancelled = &query.Error{Code: query.QueryCancelled, Message: "Task was cancelled.", Class: "java.util.concurrent.CancellationException"}
	errTooMany   = &query.Error{Code: query.ResourceLimit, Message: "Too many queries are running.", Class: "org.apache.druid.query.ResourceLimitExceededException"}
)

// timeoutOf returns the query's own timeout in milliseconds, or the default; 0 means
// none.
func timeoutOf(q *query.Query) time.Duration {
	var ms json.Number
	if json.Unmarshal(bytes.Trim(q.Context["timeout"], `"`), &ms) != nil {
		return defaultTimeout
	}
	n, err := ms.Int64()
	switch {
	case err != nil || n < 0 || n > int64(maxTimeout/time.Millisecond):
		return defaultTimeout
	case n == 0:
		return maxTimeout
	}
	return time.Duration(n) * time.Millisecond
}

// maxTimeout stands for a query without a timeout.
const maxTimeout = 24 * time.Hour

func (r *Resource) enter(id string, one *running) (leave func(), err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.count >= maxQueries {
		return nil, errTooMany
	}
	r.count++
	if r.running[id] == nil {
		r.running[id] = make(map[*running]struct{})
	}
	r.running[id][one] = struct{}{}
	return func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.count--
		if delete(r.running[id], one); len(r.running[id]) == 0 {
			delete(r.running, id)
		}
	}, nil
}

// serveCancel ends the queries with an id; it is no error if there are none.
func (r *Resource) serveCancel(w http.ResponseWriter, req *http.Request) {
	r.mu.Lock()
	var found []*running
	for one := range r.running[req.PathValue("id")] {
		found = append(found, one)
	}
	r.mu.Unlock()
	for _, one := range found {
		one.cancel(errCancelled)
	}
	w.WriteHeader(http.StatusAccepted)
}

func (r *Resource) write(w http.ResponseWriter, req *http.Request, id string, q *query.Query, a Answer) {
	body, err := q.Encode(a.Result)
	if err != nil {
		r.fail(w, req, err)
		return
	}
	said, err := query.ResponseContext(a.Missing)
	if err != nil {
		r.fail(w, req, err)
		return
	}
	w.Header().Set(QueryIDHeader, id)
	w.Header().Set(query.ContextHeader, said)
	r.send(w, req, http.StatusOK, body)
}

// send writes JSON in the form that the client accepts: that of its Accept header, or
// else that of its request. Java brokers use Smile.
func (r *Resource) send(w http.ResponseWriter, req *http.Request, code int, body []byte) {
	kind := "application/json"
	if isSmile(cmp.Or(req.Header.Get("Accept"), req.Header.Get("Content-Type"))) {
		if b, err := smile.FromJSON(body); err == nil {
			kind, body = smileType, b
		}
	} else if req.URL.Query().Has("pretty") {
		body = Pretty(body)
	}
	w.Header().Set("Content-Type", kind)
	w.WriteHeader(code)
	if _, err := w.Write(body); err != nil {
		r.log.Debug("answer not sent", "error", err)
	}
}

// smileType is the media type of Smile: SmileMediaTypes.
const smileType = "application/x-jackson-smile"

func isSmile(mediaType string) bool {
	return mediaType == smileType || mediaType == "application/smile"
}

// fail answers with an error in Druid's form; in Druid 0.14 all of them are 500s.
func (r *Resource) fail(w http.ResponseWriter, req *http.Request, err error) {
	var e *query.Error
	if !errors.As(err, &e) {
		e = &query.Error{Code: query.UnknownException, Message: err.Error(), Class: "org.apache.druid.java.util.common.ISE"}
	}
	body, err := druid.Marshal(e)
	if err != nil {
		body = []byte("{}")
	}
	r.send(w, req, http.StatusInternalServerError, body)
}
