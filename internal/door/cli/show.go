package cli

import (
	"encoding/json"
	"io"
	"slices"

	"oakmoot/control"
)

func printJSON(out io.Writer, v any) error {
	enc := json.NewEncoder(out)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	return enc.Encode(control.Full(v))
}

func dash(text string) string { return or(text, "-") }

func or(text, other string) string {
	if text == "" {
		return other
	}
	return text
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
