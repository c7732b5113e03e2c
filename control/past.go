package control

import (
	"context"
	"fmt"
	"math"
	"net/http"
	"strconv"

	"oakmoot/cluster"
)

// now answers from the backend as it is, or from its past when the request names a step with at.
func now[T any](s *server, r *http.Request, then func(*cluster.Past, int64) (T, error), live func() (T, error)) (v T, err error) {
	seq, err := seqOf(r, "at")
	switch {
	case err != nil:
		return v, err
	case r.URL.Query().Get("at") == "":
		return live()
	}
	past, err := s.past()
	if err != nil {
		return v, err
	}
	return then(past, seq)
}

// answer writes what now reads.
func answer[T any](s *server, w http.ResponseWriter, r *http.Request, then func(*cluster.Past, int64) (T, error), live func() (T, error)) error {
	v, err := now(s, r, then, live)
	if err != nil {
		return err
	}
	return writeJSON(w, v)
}

// past is the backend's, if it has one.
func (s *server) past() (*cluster.Past, error) {
	if past := s.backend.Past(); past != nil {
		return past, nil
	}
	return nil, fmt.Errorf("nobody keeps the history of this run: %w", cluster.ErrBadExpression)
}

// seqOf is the place of a step that a request names under a key; 0 when it names none.
func seqOf(r *http.Request, key string) (int64, error) {
	text := r.URL.Query().Get(key)
	if text == "" {
		return 0, nil
	}
	seq, err := strconv.ParseInt(text, 10, 64)
	if err != nil || seq < 0 || seq == 0 && key == "at" {
		return 0, fmt.Errorf("%s %q is not the place of a step: %w", key, text, cluster.ErrBadExpression)
	}
	return seq, nil
}

func (s *server) span(w http.ResponseWriter, _ *http.Request) error {
	past, err := s.past()
	if err != nil {
		return err
	}
	return writeJSON(w, past.Span())
}

// steps answers with steps behind a place, or before one.
func (s *server) steps(w http.ResponseWriter, r *http.Request) error {
	past, err := s.past()
	if err != nil {
		return err
	}
	limit, err := limitOf(r)
	if err != nil {
		return err
	}
	key, read := "after", past.After
	if r.URL.Query().Has("before") {
		key, read = "before", past.Before
	}
	seq, err := seqOf(r, key)
	if err != nil {
		return err
	}
	if key == "before" && seq == 0 {
		seq = math.MaxInt64 // the last ones
	}
	page, err := read(seq, limit)
	if err != nil {
		return err
	}
	return writeJSON(w, page)
}

// why answers with the causes of a step.
func (s *server) why(w http.ResponseWriter, r *http.Request) error {
	past, err := s.past()
	if err != nil {
		return err
	}
	seq, err := seqOf(r, "seq")
	if err != nil {
		return err
	}
	chain, err := past.Why(seq)
	if err != nil {
		return err
	}
	return writeJSON(w, map[string][]cluster.PastLink{"chain": chain})
}

// record answers with what is held of the run as a record.
func (s *server) record(w http.ResponseWriter, _ *http.Request) error {
	past, err := s.past()
	if err != nil {
		return err
	}
	if span := past.Span(); span.Last == 0 {
		return fmt.Errorf("no step is held: %s: %w", span.Note, cluster.ErrBadExpression)
	}
	w.Header().Set("Content-Type", "application/x-ndjson")
	w.Header().Set("Content-Disposition", `attachment; filename="record.jsonl"`)
	_ = past.WriteRecord(w) // the reader has gone away
	return nil
}

func (s *server) znode(w http.ResponseWriter, r *http.Request) error {
	path := r.URL.Query().Get("path")
	ctx, cancel := context.WithTimeout(r.Context(), lookLimit)
	defer cancel()
	return answer(s, w, r,
		func(p *cluster.Past, seq int64) (cluster.Znode, error) { return p.ZnodeAt(seq, path) },
		func() (cluster.Znode, error) { return s.backend.Znode(ctx, path) })
}

func (s *server) owned(w http.ResponseWriter, r *http.Request) error {
	node := r.URL.Query().Get("node")
	ctx, cancel := context.WithTimeout(r.Context(), lookLimit)
	defer cancel()
	return answer(s, w, r,
		func(p *cluster.Past, seq int64) (cluster.Owned, error) { return p.OwnedAt(seq, node) },
		func() (cluster.Owned, error) { return s.backend.Owned(ctx, node) })
}

// toml answers with the step of a topology that does what an expression does.
func (s *server) toml(w http.ResponseWriter, r *http.Request) error {
	text, err := s.backend.StepTOML(r.URL.Query().Get("do"))
	if err != nil {
		return err
	}
	return writeJSON(w, map[string]string{"toml": text})
}

func (s *server) verbs(w http.ResponseWriter, _ *http.Request) error {
	return writeJSON(w, cluster.Verbs())
}
