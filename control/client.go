package control

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"syscall"
	"time"

	"oakmoot/cluster"
)

// Client speaks to a control address. Address is required.
type Client struct {
	Address string // host:port
	Token   string
	HTTP    *http.Client  // nil is http.DefaultClient
	Limit   time.Duration // how long an answer may take; 0 is DefaultLimit
}

// DefaultLimit is how long an answer may take, even to a query that returns many rows.
const DefaultLimit = time.Minute

// AnswerError is an answer that is not a success.
type AnswerError struct {
	Code        int
	Message     string
	Unavailable bool // ZooKeeper is away, so the request cannot be answered now
}

func (e *AnswerError) Error() string { return e.Message }

// Status fetches the cluster's state.
func (c Client) Status(ctx context.Context) (cluster.Status, error) { return c.StatusOf(ctx, 0) }

// StatusOf is Status with lists that end after limit; 0 is the usual limit, which is 100.
func (c Client) StatusOf(ctx context.Context, limit int) (cluster.Status, error) {
	query := url.Values{}
	if limit > 0 {
		query.Set("limit", strconv.Itoa(limit))
	}
	var st cluster.Status
	err := c.getJSON(ctx, "/api/status", query, &st)
	return st, err
}

// Tree fetches the znodes at and below path.
func (c Client) Tree(ctx context.Context, path string) ([]cluster.Znode, error) {
	var all []cluster.Znode
	for after := ""; ; {
		page, err := c.TreePage(ctx, path, cluster.Page{After: after})
		all = append(all, page.Items...)
		if after = page.Next; err != nil || after == "" {
			return all, err
		}
	}
}

// Wait returns once the expression holds, or with an error after timeout.
func (c Client) Wait(ctx context.Context, expression string, timeout time.Duration) error {
	var held map[string]bool
	c.Limit = timeout + answerMargin
	return c.getJSON(ctx, "/api/wait", url.Values{"expr": {expression}, "timeout": {timeout.String()}}, &held)
}

// answerMargin is how much longer than the wait itself its answer may take.
const answerMargin = 10 * time.Second

// Fault carries out a fault expression.
func (c Client) Fault(ctx context.Context, expression string) (cluster.Fault, error) {
	body, err := json.Marshal(faultRequest{Do: expression})
	if err != nil {
		return cluster.Fault{}, err
	}
	resp, err := c.Do(ctx, http.MethodPost, "/api/fault", body)
	if err != nil {
		return cluster.Fault{}, err
	}
	defer resp.Body.Close()
	var f cluster.Fault
	return f, json.NewDecoder(resp.Body).Decode(&f)
}

// Stop asks the process of the cluster to end, as an interrupt does. One of an embedder refuses, unless Options.Stop
// says how.
func (c Client) Stop(ctx context.Context) error {
	resp, err := c.Do(ctx, http.MethodPost, "/api/stop", []byte("{}"))
	if err != nil {
		return err
	}
	return resp.Body.Close()
}

// Trace calls each for every step from the zxid on, until ctx ends.
func (c Client) Trace(ctx context.Context, from int64, each func(cluster.TraceStep) error) error {
	resp, err := c.send(ctx, http.MethodGet, fmt.Sprintf("/api/trace?from=%d", from), nil, true)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	lines := bufio.NewScanner(resp.Body)
	lines.Buffer(nil, 4<<20)
	for lines.Scan() {
		var line struct {
			cluster.TraceStep
			Error string `json:"error"`
		}
		if err := json.Unmarshal(lines.Bytes(), &line); err != nil {
			return fmt.Errorf("trace line %q: %w", lines.Bytes(), err)
		}
		if line.Error != "" {
			return errors.New(line.Error)
		}
		if err := each(line.TraceStep); err != nil {
			return err
		}
	}
	if ctx.Err() != nil {
		return nil
	}
	return lines.Err()
}

// Seat fetches what a real process needs to take a node's place.
func (c Client) Seat(ctx context.Context, name string) (cluster.Seat, error) {
	var seat cluster.Seat
	err := c.getJSON(ctx, "/api/seat", url.Values{"name": {name}}, &seat)
	return seat, err
}

func (c Client) getJSON(ctx context.Context, path string, query url.Values, into any) error {
	if len(query) > 0 {
		path += "?" + query.Encode()
	}
	resp, err := c.Do(ctx, http.MethodGet, path, nil)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if err := json.NewDecoder(resp.Body).Decode(into); err != nil {
		return fmt.Errorf("answer of %s: %w", path, err)
	}
	return nil
}

// Do sends a request to any path of the control address, including those that are passed through. An answer that is
// not a success is an *AnswerError; if the answer, body included, is not there within the limit, the error has
// ErrNoAnswer in its chain.
func (c Client) Do(ctx context.Context, method, path string, body []byte) (*http.Response, error) {
	return c.send(ctx, method, path, body, false)
}

// send is Do, except that only the beginning of a stream has a limit.
func (c Client) send(ctx context.Context, method, path string, body []byte, stream bool) (*http.Response, error) {
	limit := cmp.Or(c.Limit, DefaultLimit)
	ctx, cancel := context.WithCancelCause(ctx)
	late := &noAnswerError{c.Address, fmt.Sprintf("did not answer within %v", limit)}
	timer := time.AfterFunc(limit, func() { cancel(late) })
	req, err := http.NewRequestWithContext(ctx, method, "http://"+c.Address+path, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if c.Token != "" {
		req.Header.Set("Authorization", "Bearer "+c.Token)
	}
	client := c.HTTP
	if client == nil {
		client = http.DefaultClient
	}
	resp, err := client.Do(req)
	if err != nil {
		defer cancel(nil)
		defer timer.Stop()
		return nil, noAnswer(ctx, c.Address, err)
	}
	if stream {
		timer.Stop()
	}
	resp.Body = &boundedBody{resp.Body, ctx, func() { timer.Stop(); cancel(nil) }}
	if resp.StatusCode/100 != 2 {
		defer resp.Body.Close()
		return nil, answerError(resp)
	}
	return resp, nil
}

// boundedBody is a body whose reading ends with the limit of its request.
type boundedBody struct {
	io.ReadCloser
	ctx  context.Context
	done func()
}

func (b *boundedBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	var late *noAnswerError
	if err != nil && errors.As(context.Cause(b.ctx), &late) {
		err = late
	}
	return n, err
}

func (b *boundedBody) Close() error {
	b.done()
	return b.ReadCloser.Close()
}

// ErrNoAnswer is in the chain if nobody answers at the control address.
var ErrNoAnswer = errors.New("no cluster answers")

// noAnswerError says where nobody answered, and how that showed.
type noAnswerError struct{ address, how string }

func (e *noAnswerError) Error() string {
	return ErrNoAnswer.Error() + " at " + e.address + ": " + e.how
}
func (e *noAnswerError) Unwrap() error { return ErrNoAnswer }

func noAnswer(ctx context.Context, address string, err error) error {
	var late *noAnswerError
	var op *net.OpError
	switch {
	case errors.As(context.Cause(ctx), &late):
		return late
	case ctx.Err() != nil:
		return err
	case errors.As(err, &op) && op.Op == "dial":
		return &noAnswerError{address, op.Err.Error()}
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, syscall.ECONNRESET):
		return &noAnswerError{address, "the connection was closed without an answer"}
	}
	return err
}

func answerError(resp *http.Response) error {
	text, _ := io.ReadAll(io.LimitReader(resp.Body, bodyLimit))
	var structured struct {
		problem
		Detail string `json:"errorMessage"` // for a query
	}
	message := string(bytes.TrimSpace(text))
	if json.Unmarshal(text, &structured) == nil && structured.Error != "" {
		message = structured.Error
		if structured.Detail != "" {
			message += ": " + structured.Detail
		}
	}
	if message == "" {
		message = resp.Status
	}
	return &AnswerError{Code: resp.StatusCode, Message: message, Unavailable: structured.Unavailable}
}
