package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"text/tabwriter"

	"oakmoot/internal/control"
)

// faultCommand injects, lists and heals faults.
type faultCommand struct {
	remote
	Expression []string `arg:"" help:"For example 'kill coordinator@leader for 20s'; 'list'; 'heal'; 'heal ID'."`
}

// Run carries the expression out and tells which nodes it met.
func (c *faultCommand) Run(ctx context.Context, s streams) error {
	expression := strings.Join(c.Expression, " ")
	if expression == "list" {
		return c.list(ctx, s.out)
	}
	f, err := c.client().Fault(ctx, expression)
	if err != nil {
		return err
	}
	fmt.Fprintf(s.out, "%s  %s → %s\n", dash(f.ID), f.Do, dash(strings.Join(f.Nodes, ", ")))
	return nil
}

func (c *faultCommand) list(ctx context.Context, out io.Writer) error {
	st, err := c.client().Status(ctx)
	if err != nil {
		return err
	}
	if len(st.Faults) == 0 {
		fmt.Fprintln(out, "no fault is armed")
		return nil
	}
	w := tabwriter.NewWriter(out, 0, 8, 2, ' ', 0)
	fmt.Fprintf(w, "ID\tFAULT\tNODES\tSINCE\tUNTIL\n")
	for _, f := range st.Faults {
		until := "healed"
		if !f.Until.IsZero() {
			until = f.Until.Format("15:04:05")
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", f.ID, f.Do, strings.Join(f.Nodes, ", "), f.Since.Format("15:04:05"), until)
	}
	return w.Flush()
}

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
	File string `arg:"" help:"Task JSON."`
}

// Run submits the task and prints its id.
func (c *taskSubmit) Run(ctx context.Context, s streams) error {
	body, err := readInput(c.File, s.in)
	if err != nil {
		return err
	}
	var answer struct {
		Task string `json:"task"`
	}
	if err := ask(ctx, c.client(), http.MethodPost, "/druid/indexer/v1/task", body, &answer); err != nil {
		return err
	}
	fmt.Fprintln(s.out, answer.Task)
	return nil
}

type taskList struct {
	remote
	State string `help:"Only tasks in this state: waiting, pending, running or complete." enum:"waiting,pending,running,complete," default:""`
	JSON  bool   `help:"Print as JSON."`
}

// Run prints a line a task.
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
	if err := ask(ctx, c.client(), http.MethodGet, path, nil, &tasks); err != nil {
		return err
	}
	if c.JSON {
		return printJSON(s.out, tasks)
	}
	w := tabwriter.NewWriter(s.out, 0, 8, 2, ' ', 0)
	fmt.Fprintf(w, "TASK\tTYPE\tDATASOURCE\tSTATUS\tRUNNER\tCREATED\tMILLIS\n")
	for _, t := range tasks {
		millis := "-"
		if t.Duration != nil && *t.Duration >= 0 {
			millis = fmt.Sprint(*t.Duration)
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%s\n", t.ID, t.Type, t.DataSource, t.Status, dash(t.Runner), t.Created, millis)
	}
	return w.Flush()
}

type taskStatus struct {
	remote
	ID string `arg:"" help:"Task id."`
}

// Run prints the overlord's answer.
func (c *taskStatus) Run(ctx context.Context, s streams) error {
	var answer json.RawMessage
	if err := ask(ctx, c.client(), http.MethodGet, taskPath(c.ID, "status"), nil, &answer); err != nil {
		return err
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
	resp, err := c.client().Do(ctx, http.MethodGet, taskPath(c.ID, "log")+fmt.Sprintf("?offset=%d", c.Offset), nil)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	_, err = io.Copy(s.out, resp.Body)
	return err
}

type taskShutdown struct {
	remote
	ID string `arg:"" help:"Task id."`
}

// Run asks the overlord to shut the task down.
func (c *taskShutdown) Run(ctx context.Context, s streams) error {
	var answer json.RawMessage
	if err := ask(ctx, c.client(), http.MethodPost, taskPath(c.ID, "shutdown"), []byte("{}"), &answer); err != nil {
		return err
	}
	return printJSON(s.out, answer)
}

func taskPath(id, what string) string {
	return "/druid/indexer/v1/task/" + url.PathEscape(id) + "/" + what
}

// queryCommand sends a native query to the broker.
type queryCommand struct {
	remote
	File string `arg:"" help:"Query JSON (- is standard input)."`
}

// Run prints the result, indented.
func (c *queryCommand) Run(ctx context.Context, s streams) error {
	body, err := readInput(c.File, s.in)
	if err != nil {
		return err
	}
	var answer json.RawMessage
	if err := ask(ctx, c.client(), http.MethodPost, "/druid/v2", body, &answer); err != nil {
		return err
	}
	return printJSON(s.out, answer)
}

func ask(ctx context.Context, c control.Client, method, path string, body []byte, into any) error {
	resp, err := c.Do(ctx, method, path, body)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if err := json.NewDecoder(resp.Body).Decode(into); err != nil {
		return fmt.Errorf("answer of %s: %w", path, err)
	}
	return nil
}

func readInput(file string, stdin io.Reader) ([]byte, error) {
	if file == "-" {
		return io.ReadAll(stdin)
	}
	b, err := os.ReadFile(file)
	if err != nil {
		return nil, &badInput{err}
	}
	return b, nil
}
