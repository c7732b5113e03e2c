package cluster

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/hashicorp/go-hclog"

	"oakmoot/internal/run/loop"
)

// requests are what the cluster asks of its own nodes over HTTP, as a person would.
type requests struct {
	http   *http.Client // through no link
	leader func(ctx context.Context, kind string) (host string, err error)
	log    hclog.Logger
}

// answerPatience is how long a leader may take to answer before the request is sent
// again: it may be paused, or dead with nobody knowing yet.
const answerPatience = 5 * time.Second

// post sends a JSON body to the leading node of a kind, and again while there is none or
// it does not answer, until ctx ends or the request is refused.
func (r *requests) post(ctx context.Context, kind, path string, body any) (answer []byte, err error) {
	b, err := json.Marshal(body)
	if err != nil {
		return nil, err
	}
	return r.insist(ctx, kind, http.MethodPost, path, b)
}

// insist sends a request to the leading node of a kind as post does.
func (r *requests) insist(ctx context.Context, kind, method, path string, b []byte) (answer []byte, err error) {
	for again := false; ; again = true {
		answer, err := r.once(ctx, kind, method, path, b)
		var refused *refusedError
		if again && errors.As(err, &refused) && strings.Contains(refused.answer, "already exists") {
			return answer, nil // it was accepted the first time, and only the answer was late
		}
		if err == nil || errors.As(err, &refused) || ctx.Err() != nil {
			return answer, err
		}
		r.log.Debug("not answered, asked again", "path", path, "error", err)
		_ = loop.Sleep(ctx, recheck)
	}
}

// refusedError is an answer that trying again will not change.
type refusedError struct{ path, answer string }

func (e *refusedError) Error() string { return e.path + ": " + e.answer }

// answerRead bounds how much of an answer is read.
const answerRead = 1 << 20

// once asks the leading node of a kind, if there is one.
func (r *requests) once(ctx context.Context, kind, method, path string, body []byte) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, answerPatience)
	defer cancel()
	host, err := r.leader(ctx, kind)
	if err != nil {
		return nil, err
	}
	if host == "" {
		return nil, fmt.Errorf("no %s leads", kind)
	}
	return r.send(ctx, host, method, path, body)
}

// send asks a node once.
func (r *requests) send(ctx context.Context, host, method, path string, body []byte) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, answerPatience)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, method, "http://"+host+path, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	resp, err := r.http.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(resp.Body, answerRead))
	switch told := bytes.TrimSpace(answer[:min(len(answer), 4096)]); {
	case resp.StatusCode/100 == 2:
		return answer, err
	case resp.StatusCode/100 == 4:
		return nil, &refusedError{path, fmt.Sprintf("%s: %s", resp.Status, told)}
	default:
		return nil, fmt.Errorf("%s%s: %s: %s", host, path, resp.Status, told)
	}
}

// outcome waits for an entry's task and fills in what became of the rows. It returns an
// error if ctx ends before that is known.
func (r *requests) outcome(ctx context.Context, entry Intake) (Intake, error) {
	end, err := r.taskEnd(ctx, entry.Task)
	if err != nil {
		return entry, err
	}
	stats, err := r.taskRows(ctx, entry.Task)
	if err != nil && ctx.Err() != nil {
		return entry, err
	}
	entry.Processed, entry.Flawed, entry.ThrownAway, entry.Unparseable = stats.Processed, stats.ProcessedWithError, stats.ThrownAway, stats.Unparseable
	entry.Samples, entry.State = stats.samples, intakeDone
	if end.Status != "SUCCESS" {
		entry.State, entry.Error = intakeFailed, fmt.Sprintf("task %s: %s", end.Status, strings.TrimSpace(end.ErrorMsg))
	} else if err != nil {
		entry.Error = "no report of the rows: " + err.Error()
	}
	return entry, nil
}

// taskEnd waits for a task's final status, asking whoever leads.
func (r *requests) taskEnd(ctx context.Context, id string) (end taskStatus, err error) {
	for {
		var answer struct{ Status taskStatus }
		err := r.ask(ctx, "overlord", "/druid/indexer/v1/task/"+url.PathEscape(id)+"/status", &answer)
		if err == nil && answer.Status.Status != "RUNNING" && answer.Status.Status != "" {
			return answer.Status, nil
		}
		if ctx.Err() != nil {
			return end, ctx.Err()
		}
		_ = loop.Sleep(ctx, recheck)
	}
}

// taskStatus is the part of TaskStatusPlus that is read.
type taskStatus struct {
	Status   string `json:"status"`
	ErrorMsg string `json:"errorMsg"`
}

// rowStats are the totals of an index task's report: IngestionStatsAndErrorsTaskReport.
type rowStats struct {
	Processed          int64 `json:"processed"`
	ProcessedWithError int64 `json:"processedWithError"`
	ThrownAway         int64 `json:"thrownAway"`
	Unparseable        int64 `json:"unparseable"`
	samples            []string
}

// reportPatience is how long a finished task's report may take to appear.
const reportPatience = 50 // looks, each recheck apart

func (r *requests) taskRows(ctx context.Context, id string) (rowStats, error) {
	var answer struct {
		Ingestion struct {
			Payload struct {
				RowStats          struct{ BuildSegments rowStats }
				UnparseableEvents struct{ BuildSegments []string }
			}
		} `json:"ingestionStatsAndErrors"`
	}
	var err error
	for range reportPatience {
		if err = r.ask(ctx, "overlord", "/druid/indexer/v1/task/"+url.PathEscape(id)+"/reports", &answer); err == nil || ctx.Err() != nil {
			break
		}
		_ = loop.Sleep(ctx, recheck)
	}
	stats := answer.Ingestion.Payload.RowStats.BuildSegments
	stats.samples = answer.Ingestion.Payload.UnparseableEvents.BuildSegments
	return stats, err
}

// ask asks the leading node of a kind once.
func (r *requests) ask(ctx context.Context, kind, path string, into any) error {
	body, err := r.once(ctx, kind, "GET", path, nil)
	if err == nil {
		err = json.Unmarshal(body, into)
	}
	var wrong *json.UnmarshalTypeError // of a key that another version uses differently
	if errors.As(err, &wrong) {
		return nil
	}
	return err
}

// Limits on an answer of /status.
const (
	versionPatience = 5 * time.Second
	statusLimit     = 1 << 20 // bytes that are read
)

// versionOf asks a process for its version: StatusResource of Druid.
func (r *requests) versionOf(ctx context.Context, host string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, versionPatience)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+host+"/status", nil)
	if err != nil {
		return "", err
	}
	resp, err := r.http.Do(req)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	var status struct {
		Version string `json:"version"`
	}
	if err := json.NewDecoder(io.LimitReader(resp.Body, statusLimit)).Decode(&status); err != nil {
		return "", err
	}
	if status.Version == "" {
		return "", fmt.Errorf("%s: /status names no version: %s", host, resp.Status)
	}
	return status.Version, nil
}

// queryRead bounds how much of a query's result is read.
const queryRead = 64 << 20

// query asks a broker once.
func (r *requests) query(ctx context.Context, query []byte) ([]byte, error) {
	host, err := r.leader(ctx, "broker")
	if err != nil {
		return nil, err
	}
	if host == "" {
		return nil, errors.New("query: no broker serves")
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+host+"/druid/v2", bytes.NewReader(query))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := r.http.Do(req)
	if err != nil {
		return nil, fmt.Errorf("query: %w", err)
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(resp.Body, queryRead+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("query: %w", err)
	case len(answer) > queryRead:
		return nil, fmt.Errorf("query: the result is longer than %d bytes", queryRead)
	case resp.StatusCode != http.StatusOK:
		return nil, fmt.Errorf("query: %s: %s", resp.Status, bytes.TrimSpace(answer))
	}
	return answer, nil
}
