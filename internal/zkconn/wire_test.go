package zkconn_test

import (
	"testing"
	"testing/synctest"

	"oakmoot/zkembed"
)

// A bubble fails when a goroutine is left. What is tried is a race, so it is tried
// often.
func TestCloseWhileTheLineIsCutLeavesNothingBehind(t *testing.T) {
	for range 300 {
		bubble(t, func(t *testing.T, srv *zkembed.Server) {
			zc, l := open(t, srv, "")
			for range 4 {
				go zc.Exists(t.Context(), "/")
			}
			synctest.Wait()
			for range 8 {
				go zc.Exists(t.Context(), "/")
			}
			go l.cut()
			zc.Close()
		})
	}
}
