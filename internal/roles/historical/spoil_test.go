package historical

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"

	"oakmoot/internal/druid"
	"oakmoot/internal/run/deepstore"
)

func deepZip(s druid.DataSegment) string {
	var spec struct{ Path string }
	_ = json.Unmarshal(s.LoadSpec, &spec) // deep storage has just written it
	return spec.Path
}

func (w *world) spoilZip(s *druid.DataSegment) { w.writeZip(s, "this is no zip") }

func (w *world) writeZip(s *druid.DataSegment, content string) {
	w.T.Helper()
	w.Must(os.WriteFile(deepZip(*s), []byte(content), 0o644))
}

// tearZip leaves the first half of a segment's zip.
func (w *world) tearZip(s *druid.DataSegment) {
	w.T.Helper()
	data, err := os.ReadFile(deepZip(*s))
	w.Must(err)
	w.writeZip(s, string(data[:len(data)/2]))
}

// moveOut moves a segment to a place outside deep storage.
func (w *world) moveOut(s *druid.DataSegment) {
	w.T.Helper()
	out := filepath.Join(w.dir, "elsewhere", "index.zip")
	w.copyFile(deepZip(*s), out)
	spec, err := json.Marshal(map[string]string{"type": "local", "path": out})
	w.Must(err)
	s.LoadSpec = spec
}

func (w *world) copyFile(from, to string) {
	w.T.Helper()
	data, err := os.ReadFile(from)
	w.Must(err)
	w.Must(os.MkdirAll(filepath.Dir(to), 0o755))
	w.Must(os.WriteFile(to, data, 0o644))
}

// hold stops a pull, says so, and lets it continue once told to; a nil goOn never does.
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
