package cli

import (
	"context"
	"encoding/json"
	"net/http"
)

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
