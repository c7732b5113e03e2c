package realtime

import (
	"strings"
	"testing"
	"time"
)

// TestPeriodOfNoTime: 0.14.0 accepts an intermediatePersistPeriod of PT0S, or a
// negative one, and persists at every row.
func TestPeriodOfNoTime(t *testing.T) {
	for _, period := range []string{"PT0S", "PT-1S"} {
		t.Run(period, func(t *testing.T) {
			inWorld(t, func(t *testing.T, w *world) {
				w.start(strings.Replace(spec(receiverJSON, ""), `"intermediatePersistPeriod":"PT10S"`, `"intermediatePersistPeriod":"`+period+`"`, 1))
				w.push(time.Now(), time.Now().Add(time.Second))
				w.Until("the segment is published", func() bool { return len(w.published()) == 1 })
			})
		})
	}
}
