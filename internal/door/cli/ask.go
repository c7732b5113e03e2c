package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"oakmoot/control"
)

// ask sends a request to the control address and decodes the answer.
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

// askWaiting is ask for a person, who is told when no answer comes for long.
func askWaiting(ctx context.Context, s streams, r remote, method, path string, body []byte, into any) error {
	_, err := answered(r, s, func() (struct{}, error) { return struct{}{}, ask(ctx, r.client(), method, path, body, into) })
	return err
}

// inputName is what a person calls what readInput reads.
func inputName(file string) string {
	if file == "-" {
		return "standard input"
	}
	return file
}

// readInput reads a file named by the caller; "-" is standard input.
func readInput(file string, stdin io.Reader) ([]byte, error) {
	if file == "-" {
		b, err := io.ReadAll(stdin)
		if err == nil && len(bytes.TrimSpace(b)) == 0 {
			err = &badInput{errors.New("standard input is empty")}
		}
		return b, err
	}
	b, err := os.ReadFile(file)
	if err != nil {
		return nil, &badInput{err}
	}
	return b, nil
}
