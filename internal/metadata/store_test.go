package metadata

import (
	"context"
	"path/filepath"
	"testing"
	"testing/synctest"
)

func TestOpensInABubble(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		s, err := Open(t.Context(), filepath.Join(dir, "a b?c.db"))
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		if err := s.SetConfig(context.Background(), "x", []byte("{}"), AuditInfo{}); err != nil {
			t.Fatal(err)
		}
		got, found, err := s.Config(t.Context(), "x")
		t.Log(string(got), found, err)
	})
}
