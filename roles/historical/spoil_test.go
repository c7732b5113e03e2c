package historical

import (
	"context"
	"encoding/json"
	"os"

	"oakmoot/internal/deepstore"
	"oakmoot/internal/druid"
)

func deepZip(s druid.DataSegment) string {
	var spec struct{ Path string }
	_ = json.Unmarshal(s.LoadSpec, &spec) // deep storage has just written it
	return spec.Path
}

func (w *world) spoilZip(s *druid.DataSegment) {
	w.T.Helper()
	if err := os.WriteFile(deepZip(*s), []byte("this is no zip"), 0o644); err != nil {
		w.T.Fatal(err)
	}
}

func (w *world) copyZip(s druid.DataSegment, to string) {
	w.T.Helper()
	data, err := os.ReadFile(deepZip(s))
	if err != nil {
		w.T.Fatal(err)
	}
	if err := os.WriteFile(to, data, 0o644); err != nil {
		w.T.Fatal(err)
	}
}

// hold stops a pull, says so, and lets it go on when told; a nil goOn never does.
func hold(pulling chan<- struct{}, goOn <-chan struct{}) deepstore.Gate {
	return func(ctx context.Context, op deepstore.Op, _ string) error {
		if op != deepstore.OpPull {
			return nil
		}
		close(pulling)
		select {
		case <-goOn:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
