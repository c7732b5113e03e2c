package realtime

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"

	"oakmoot/internal/druid"
	"oakmoot/internal/rows/ingest"
	"oakmoot/internal/run/clock"
	"oakmoot/internal/run/loop"
	"oakmoot/internal/run/node"
)

// receiver takes rows over HTTP: EventReceiverFirehoseFactory. Its service name is the
// last part of its URL and its name in curator-x-discovery.
type receiver struct {
	ServiceName string `json:"serviceName"`
	BufferSize  int    `json:"bufferSize"` // most rows in one push; 100000 when absent

	parser *ingest.Parser
	loop   *loop.Loop

	// Owned by the loop.
	shutoff *clock.Timer
	pass    func(batch) // passes rows on

	mu        sync.Mutex       // guards the field below
	producers map[string]int64 // the last sequence number of each producer
}

// Limits of a receiver.
const (
	maxPushBytes      = 64 << 20
	defaultBufferSize = 100_000
	maxProducers      = 10_000
)

func newReceiver(raw json.RawMessage, d *department, env node.Env) (firehose, error) {
	r := &receiver{loop: loop.NewBy(env.Clock, "the receiver"), producers: make(map[string]int64)}
	if err := json.Unmarshal(raw, r); err != nil {
		return nil, err
	}
	if r.ServiceName == "" {
		return nil, errors.New("serviceName")
	}
	if r.BufferSize <= 0 {
		r.BufferSize = defaultBufferSize
	}
	var err error
	r.parser, err = d.schema.NewParser()
	return r, err
}

// run passes pushed rows on until the stream is shut down.
func (r *receiver) run(ctx context.Context, _ position, out chan<- batch) error {
	defer r.loop.End()
	r.shutoff = r.loop.Clock.NewTimer(0)
	r.shutoff.Stop()
	defer r.shutoff.Stop()
	r.pass = func(b batch) {
		select {
		case out <- b:
		case <-ctx.Done():
		}
	}
	for {
		select {
		case f := <-r.loop.Calls():
			f()
		case <-r.shutoff.C:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// ServeHTTP serves what the chat handler resource passes on.
func (r *receiver) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	select {
	case <-r.loop.Ended():
		w.WriteHeader(http.StatusNotFound)
		return
	default:
	}
	switch {
	case req.Method != http.MethodPost:
		w.WriteHeader(http.StatusMethodNotAllowed)
	case req.PathValue("action") == "push-events":
		node.Takes(node.JSONOrSmile, r.push)(w, req)
	case req.PathValue("action") == "shutdown":
		node.Takes(node.JSONOrSmile, r.shutdown)(w, req)
	default:
		w.WriteHeader(http.StatusNotFound)
	}
}

// push answers once the rows have been taken. A row that cannot be parsed is counted,
// and does not hold up the others.
func (r *receiver) push(w http.ResponseWriter, req *http.Request) {
	events, err := r.read(w, req)
	if err != nil {
		node.WriteError(w, http.StatusBadRequest, err.Error())
		return
	}
	fresh, err := r.fresh(req.Header)
	if err != nil {
		node.WriteError(w, http.StatusBadRequest, err.Error())
		return
	}
	if !fresh {
		node.WriteJSON(w, http.StatusOK, skipped{0, true})
		return
	}
	b := batch{}
	for _, e := range events {
		b.add(r.parser.ParseMap(e))
	}
	err = r.loop.Post(req.Context(), func() { r.pass(b) })
	switch {
	case err == nil:
		node.WriteJSON(w, http.StatusOK, map[string]int{"eventCount": len(events)})
	case errors.Is(err, loop.ErrEnded):
		w.WriteHeader(http.StatusNotFound)
	}
}

type skipped struct {
	EventCount int  `json:"eventCount"`
	Skipped    bool `json:"skipped"`
}

func (r *receiver) read(w http.ResponseWriter, req *http.Request) ([]map[string]any, error) {
	body, err := io.ReadAll(http.MaxBytesReader(w, req.Body, maxPushBytes))
	if err != nil {
		return nil, err
	}
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	var events []map[string]any
	if err := d.Decode(&events); err != nil {
		return nil, err
	}
	if len(events) > r.BufferSize {
		return nil, fmt.Errorf("%d events at once, bufferSize is %d", len(events), r.BufferSize)
	}
	return events, nil
}

// Headers with which a producer numbers its pushes, so that it can repeat one without
// its rows being counted twice.
const (
	producerIDHeader  = "X-Firehose-Producer-Id"
	producerSeqHeader = "X-Firehose-Producer-Seq"
)

func (r *receiver) fresh(h http.Header) (bool, error) {
	id := h.Get(producerIDHeader)
	if id == "" {
		return true, nil
	}
	var seq int64
	if err := json.Unmarshal([]byte(h.Get(producerSeqHeader)), &seq); err != nil {
		return false, errors.New("Producer sequence must be a number")
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	last, known := r.producers[id]
	if !known && len(r.producers) >= maxProducers {
		return false, fmt.Errorf("Too many producer IDs, only %d allowed", maxProducers)
	}
	if known && seq <= last {
		return false, nil
	}
	r.producers[id] = seq
	return true, nil
}

// shutdown ends the stream at shutoffTime; a time in the past means now.
func (r *receiver) shutdown(w http.ResponseWriter, req *http.Request) {
	at, err := druid.ParseTimestamp(req.FormValue("shutoffTime"))
	if err != nil {
		node.WriteError(w, http.StatusBadRequest, err.Error())
		return
	}
	// An error means that the stream has ended already, or that nobody waits for an
	// answer.
	_ = r.loop.Post(req.Context(), func() { r.shutoff.Reset(r.loop.Clock.Until(at.Time())) })
	w.WriteHeader(http.StatusOK)
}
