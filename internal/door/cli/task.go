package cli

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"oakmoot/control"
)

// taskCommand is the overlord's API.
type taskCommand struct {
	Submit   taskSubmit   `cmd:"" help:"Submit a task from a JSON file (- is standard input); prints its id."`
	List     taskList     `cmd:"" help:"List tasks, newest first."`
	Status   taskStatus   `cmd:"" help:"Show a task's status."`
	Log      taskLog      `cmd:"" help:"Print a task's log."`
	Shutdown taskShutdown `cmd:"" help:"Shut a task down."`
}

type taskSubmit struct {
	remote
	File string `arg:"" complete:"file" help:"Task JSON."`
}

// Run submits the task and prints its id.
func (c *taskSubmit) Run(ctx context.Context, s streams) error {
	body, err := readInput(c.File, s.in)
	if err != nil {
		return err
	}
	if err := json.NewDecoder(bytes.NewReader(body)).Decode(new(json.RawMessage)); err != nil {
		return &badInput{fmt.Errorf("%s is not JSON: %w", inputName(c.File), err)}
	}
	var answer struct {
		Task string `json:"task"`
	}
	if err := askWaiting(ctx, s, c.remote, http.MethodPost, "/druid/indexer/v1/task", body, &answer); err != nil {
		return err
	}
	fmt.Fprintln(s.out, answer.Task)
	return nil
}

type taskList struct {
	remote
	State string `help:"Only tasks in this state: waiting, pending, running or complete." enum:"waiting,pending,running,complete," default:""`
	Limit int    `help:"How many are printed at most." default:"100"`
	Wide  bool   `help:"Print whole cells, however wide the terminal."`
	JSON  bool   `help:"Print as JSON."`
}

// Validate is kong's hook for checking flags together.
func (c *taskList) Validate() error { return cmp.Or(c.remote.Validate(), checkLimit(c.Limit)) }

// Run prints a line per task.
func (c *taskList) Run(ctx context.Context, s streams) error {
	path := "/druid/indexer/v1/tasks"
	if c.State != "" {
		path += "?state=" + c.State
	}
	var tasks []struct {
		ID         string `json:"id"`
		Type       string `json:"type"`
		DataSource string `json:"dataSource"`
		Status     string `json:"status"`
		Runner     string `json:"runnerStatusCode"`
		Created    string `json:"createdTime"`
		Duration   *int64 `json:"duration"`
	}
	if err := askWaiting(ctx, s, c.remote, http.MethodGet, path, nil, &tasks); err != nil {
		return err
	}
	total := len(tasks)
	tasks = tasks[:min(total, c.Limit)]
	if c.JSON {
		printCut(s.err, len(tasks), total, "tasks")
		return printJSON(s.out, tasks)
	}
	w := table(s.out, c.Wide)
	fmt.Fprint(w, header("TASK", "TYPE", "DATASOURCE", "STATUS", "RUNNER", "CREATED", "MILLIS"))
	for _, t := range tasks {
		millis := "-"
		if t.Duration != nil && *t.Duration >= 0 {
			millis = fmt.Sprint(*t.Duration)
		}
		fmt.Fprint(w, row(printable(t.ID), printable(t.Type), printable(t.DataSource), taskState(t.Status), printable(dash(t.Runner)), printable(t.Created), millis))
	}
	printCut(w, len(tasks), total, "tasks")
	return w.Flush()
}

type taskStatus struct {
	remote
	ID string `arg:"" help:"Task id."`
}

// Run prints the overlord's answer.
func (c *taskStatus) Run(ctx context.Context, s streams) error {
	var answer json.RawMessage
	if err := askWaiting(ctx, s, c.remote, http.MethodGet, taskPath(c.ID, "status"), nil, &answer); err != nil {
		return noTask(c.ID, err)
	}
	return printJSON(s.out, answer)
}

type taskLog struct {
	remote
	ID     string `arg:"" help:"Task id."`
	Offset int64  `help:"Where to start; negative counts from the end."`
}

// Run copies the log to standard output.
func (c *taskLog) Run(ctx context.Context, s streams) error {
	resp, err := answered(c.remote, s, func() (*http.Response, error) {
		return c.client().Do(ctx, http.MethodGet, taskPath(c.ID, "log")+fmt.Sprintf("?offset=%d", c.Offset), nil)
	})
	if err != nil {
		return noTask(c.ID, err)
	}
	defer resp.Body.Close()
	_, err = io.Copy(s.out, answering{c.remote, s, resp.Body})
	return err
}

type taskShutdown struct {
	remote
	ID string `arg:"" help:"Task id."`
}

// Run asks the overlord to shut the task down.
func (c *taskShutdown) Run(ctx context.Context, s streams) error {
	var answer json.RawMessage
	if err := askWaiting(ctx, s, c.remote, http.MethodPost, taskPath(c.ID, "shutdown"), []byte("{}"), &answer); err != nil {
		return noTask(c.ID, err)
	}
	return printJSON(s.out, answer)
}

func taskPath(id, what string) string {
	return "/druid/indexer/v1/task/" + url.PathEscape(id) + "/" + what
}

// noTask replaces the overlord's answer for a task that it does not know, TaskResourceFilter's, with a plainer one.
func noTask(id string, err error) error {
	var answer *control.AnswerError
	if errors.As(err, &answer) && answer.Code == http.StatusBadRequest && strings.Contains(answer.Error(), "Cannot find any task with id: [") {
		return fmt.Errorf("the overlord does not know task %s", id)
	}
	return err
}
