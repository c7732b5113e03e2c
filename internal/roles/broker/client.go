package broker

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"

	"oakmoot/internal/druid"
	"oakmoot/internal/rows/query"
)

// maxAnswerBytes bounds one server's answer.
const maxAnswerBytes = 1 << 30

// askServer sends a server the query for its pieces: DirectDruidClient. A server that cannot be reached, or that does
// not answer queries, has none of them.
func (b *broker) askServer(ctx context.Context, q *query.Query, one *batch) outcome {
	out := outcome{server: one.server.Name}
	result, missing, err := b.post(ctx, q, one)
	var refused *query.Error
	switch {
	case errors.As(err, &refused):
		if refused.Host == "" {
			refused.Host = one.server.Name
		}
		out.fatal = refused
	case ctx.Err() != nil:
		out.fatal = ctx.Err()
	case err != nil:
		b.log.Warn("server gave no answer", "server", one.server.Name, "datasource", one.dataSource, "segments", len(one.pieces), "error", err)
		out.missing = one.pieces
	default:
		out.result = result
		out.missing = among(one.pieces, missing)
	}
	return out
}

func among(pieces []piece, missing []query.Descriptor) []piece {
	var found []piece
	for _, p := range pieces {
		for _, d := range missing {
			if p.descriptor == d {
				found = append(found, p)
				break
			}
		}
	}
	return found
}

func (b *broker) post(ctx context.Context, q *query.Query, one *batch) (query.Result, []query.Descriptor, error) {
	descriptors := make([]query.Descriptor, len(one.pieces))
	for i, p := range one.pieces {
		descriptors[i] = p.descriptor
	}
	body, err := bodyFor(q, one.dataSource, descriptors)
	if err != nil {
		return nil, nil, fmt.Errorf("write query: %w", err)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+one.server.Host+"/druid/v2/", bytes.NewReader(body))
	if err != nil {
		return nil, nil, err
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := b.cfg.Client.Do(req)
	if err != nil {
		return nil, nil, err
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswerBytes+1))
	if err != nil {
		return nil, nil, err
	}
	if len(answer) > maxAnswerBytes {
		return nil, nil, &query.Error{Code: query.ResourceLimit, Message: fmt.Sprintf("The answer has more than %d bytes", maxAnswerBytes), Class: "org.apache.druid.query.ResourceLimitExceededException"}
	}
	result, err := q.Decode(answer)
	if err != nil {
		return nil, nil, fmt.Errorf("%s: %w", resp.Status, err)
	}
	if resp.StatusCode != http.StatusOK {
		return nil, nil, fmt.Errorf("status %s", resp.Status)
	}
	missing, err := missingIn(resp.Header.Get(query.ContextHeader))
	return result, missing, err
}

// missingIn reads which of the requested segments a server does not have.
func missingIn(header string) ([]query.Descriptor, error) {
	if header == "" {
		return nil, nil
	}
	var said struct {
		Missing []query.Descriptor `json:"missingSegments"`
	}
	if err := json.Unmarshal([]byte(header), &said); err != nil {
		return nil, fmt.Errorf("%s %q: %w", query.ContextHeader, header, err)
	}
	return said.Missing, nil
}

// bodyFor is the query for some segments of one datasource; the datasource matters if the query is over a union.
func bodyFor(q *query.Query, dataSource string, segments []query.Descriptor) ([]byte, error) {
	body, err := q.ForSegments(segments)
	if err != nil || len(q.DataSources) == 1 {
		return body, err
	}
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(body, &fields); err != nil {
		return nil, err
	}
	if fields["dataSource"], err = druid.Marshal(dataSource); err != nil {
		return nil, err
	}
	return druid.Marshal(fields)
}
