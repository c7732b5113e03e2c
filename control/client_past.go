package control

import (
	"context"
	"io"
	"net/http"
	"net/url"
	"strconv"

	"oakmoot/cluster"
)

// Span fetches which part of the run can be looked at.
func (c Client) Span(ctx context.Context) (cluster.PastSpan, error) {
	var span cluster.PastSpan
	err := c.getJSON(ctx, "/api/span", nil, &span)
	return span, err
}

// Steps fetches the steps behind a place, limit of them at most; 0 is the usual limit.
func (c Client) Steps(ctx context.Context, after int64, limit int) (cluster.PastSteps, error) {
	query := url.Values{"after": {strconv.FormatInt(after, 10)}}
	if limit > 0 {
		query.Set("limit", strconv.Itoa(limit))
	}
	var steps cluster.PastSteps
	err := c.getJSON(ctx, "/api/steps", query, &steps)
	return steps, err
}

// Record fetches what is held of the run as a record; the caller closes it.
func (c Client) Record(ctx context.Context) (io.ReadCloser, error) {
	resp, err := c.Do(ctx, http.MethodGet, "/api/record", nil)
	if err != nil {
		return nil, err
	}
	return resp.Body, nil
}

// Why fetches the causes of a step, backwards.
func (c Client) Why(ctx context.Context, seq int64) ([]cluster.PastLink, error) {
	var why struct {
		Chain []cluster.PastLink `json:"chain"`
	}
	err := c.getJSON(ctx, "/api/why", url.Values{"seq": {strconv.FormatInt(seq, 10)}}, &why)
	return why.Chain, err
}

// StatusAt fetches the cluster's state as it was after a step.
func (c Client) StatusAt(ctx context.Context, seq int64) (cluster.Status, error) {
	var st cluster.Status
	err := c.getJSON(ctx, "/api/status", url.Values{"at": {strconv.FormatInt(seq, 10)}}, &st)
	return st, err
}
