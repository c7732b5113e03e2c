package cli

import (
	"fmt"
	"os"

	"oakmoot/cluster"
)

// unavailable marks an error as something that the machine could not provide.
type unavailable struct{ err error }

func (e *unavailable) Error() string   { return e.err.Error() }
func (e *unavailable) Unwrap() []error { return []error{e.err, cluster.ErrUnavailable} }

// writeAddress writes a bound address to a file, if one is named.
func writeAddress(file, addr string) error {
	if file == "" {
		return nil
	}
	if err := os.WriteFile(file, []byte(addr+"\n"), 0o644); err != nil {
		return &unavailable{fmt.Errorf("address file: %w", err)}
	}
	return nil
}
