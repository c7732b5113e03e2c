package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"oakmoot/internal/door/terminal"
)

// queryCommand sends a native query to the broker.
type queryCommand struct {
	remote
	File string `arg:"" complete:"file" help:"Query JSON (- is standard input)."`
}

// Run prints the result, indented.
func (c *queryCommand) Run(ctx context.Context, s streams) error {
	body, err := readInput(c.File, s.in)
	if err != nil {
		return err
	}
	var answer json.RawMessage
	terminal.While(s.err, func(taken time.Duration) string {
		return fmt.Sprintf("waiting for the broker's answer, for %s", terminal.Span(taken))
	}, func() { err = ask(ctx, c.client(), http.MethodPost, "/druid/v2", body, &answer) })
	if err != nil {
		return err
	}
	return printJSON(s.out, answer)
}
