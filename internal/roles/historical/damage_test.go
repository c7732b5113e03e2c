package historical

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"oakmoot/internal/druid"
)

// Whatever is damaged of one segment, in the cache or in the info directory, is logged, and the other segment is
// served.
func TestDamagedFilesOfOneSegmentDoNotAffectOthers(t *testing.T) {
	damages := map[string]func(whole []byte) []byte{
		"empty": func([]byte) []byte { return nil }, "half": func(whole []byte) []byte { return whole[:len(whole)/2] },
		"garbage": func([]byte) []byte { return []byte("\x00\xff\x17 garbage") },
	}
	for _, file := range []string{"version.bin", "meta.smoosh", "00000.smoosh", "info file"} {
		for name, damage := range damages {
			t.Run(file+" "+name, func(t *testing.T) {
				inWorld(t, func(t *testing.T, w *world) {
					stop := w.start()
					bad, good := w.push(1), w.push(2)
					w.do(druid.ActionLoad, bad)
					w.do(druid.ActionLoad, good)
					stop()
					path := w.cached(bad, file)
					whole, err := os.ReadFile(path)
					w.Must(err)
					w.Must(os.WriteFile(path, damage(whole), 0o644))

					stop = w.start()
					if diff := cmp.Diff(idsOf(good), w.announced()); diff != "" {
						t.Errorf("announced (-want +got):\n%s", diff)
					}
					if got := strings.Count(w.log.String(), "path="+w.named(bad, file)+" "); got != 1 {
						t.Errorf("got %d log lines that name %s, want 1:\n%s", got, w.named(bad, file), w.log.String())
					}
					w.do(druid.ActionLoad, bad)
					if diff := cmp.Diff(idsOf(bad, good), w.announced()); diff != "" {
						t.Errorf("announced after another load (-want +got):\n%s", diff)
					}
					stop()
					w.start()
					if diff := cmp.Diff(idsOf(bad, good), w.announced()); diff != "" {
						t.Errorf("announced after another start (-want +got):\n%s", diff)
					}
				})
			})
		}
	}
}

// cached is a file of a segment in the cache, or its info file.
func (w *world) cached(s druid.DataSegment, file string) string {
	w.T.Helper()
	if file == "info file" {
		return w.named(s, file)
	}
	return filepath.Join(w.named(s, file), file)
}

// named is what the log calls it: the info file, or the segment's directory.
func (w *world) named(s druid.DataSegment, file string) string {
	w.T.Helper()
	cache := filepath.Join(w.dir, "node", "segment-cache")
	if file == "info file" {
		return filepath.Join(cache, "info_dir", s.ID().String())
	}
	rel, err := relative(s)
	w.Must(err)
	return filepath.Join(cache, rel)
}
