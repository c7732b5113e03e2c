package control

import (
	"encoding/json"
	"fmt"
	"iter"
	"net/http"
	"strconv"

	"oakmoot/cluster"
)

// trace streams protocol steps from `?from=ZXID` on or `?after=SEQ`, remembered ones first: a JSON object per line, or server-sent
// events to whoever accepts text/event-stream.
func (s *server) trace(w http.ResponseWriter, r *http.Request) error {
	from, err := firstZxid(r.URL.Query().Get("from"))
	if err != nil {
		return err
	}
	after, err := seqOf(r, "after")
	if err != nil {
		return err
	}
	past := s.backend.Past()
	if past == nil || past.Span().First == 0 && past.Span().Note != "" {
		return stream(w, r, s.backend.Trace(r.Context(), from))
	}
	if from > 0 {
		after = max(after, past.FirstOf(from))
	}
	return stream(w, r, past.Follow(r.Context(), after))
}

// stream writes steps as they come.
func stream[T any](w http.ResponseWriter, r *http.Request, steps iter.Seq2[T, error]) error {
	format, contentType := "%s\n", "application/x-ndjson"
	if r.Header.Get("Accept") == "text/event-stream" {
		format, contentType = "data: %s\n\n", "text/event-stream"
	}
	w.Header().Set("Content-Type", contentType)
	out := http.NewResponseController(w)
	_ = out.Flush() // headers first, so that the reader knows it is connected
	for step, err := range steps {
		if err != nil {
			b, _ := json.Marshal(map[string]string{"error": err.Error()})
			_, _ = fmt.Fprintf(w, format, b)
			return nil
		}
		b, err := json.Marshal(step)
		if err != nil {
			return err
		}
		if _, err := fmt.Fprintf(w, format, b); err != nil {
			return nil // the reader has gone away
		}
		if out.Flush() != nil {
			return nil
		}
	}
	return nil
}

// firstZxid reads the from parameter: decimal, or hexadecimal with 0x; empty means from the oldest step remembered.
func firstZxid(text string) (int64, error) {
	if text == "" {
		return 0, nil
	}
	from, err := strconv.ParseInt(text, 0, 64)
	if err != nil {
		return 0, fmt.Errorf("from %q is not a zxid: %w", text, cluster.ErrBadExpression)
	}
	return from, nil
}
