package lockbox

import (
	"encoding/json"
	"strings"

	"oakmoot/internal/druid"
)

// Priorities of locks: Tasks of Druid.
const (
	priorityRealtime = 75
	priorityBatch    = 50
	priorityMerge    = 25
	priorityOther    = 0
)

// priorityOf is a task's priority: what its context says, else that of its type.
func priorityOf(task druid.Task) int {
	if raw, ok := task.Context["priority"]; ok {
		var n int
		if json.Unmarshal(raw, &n) == nil {
			return n
		}
	}
	switch {
	case strings.HasPrefix(task.Type, "index_realtime"):
		return priorityRealtime
	case strings.HasPrefix(task.Type, "index"):
		return priorityBatch
	case task.Type == "compact" || task.Type == "append" || strings.HasSuffix(task.Type, "merge"):
		return priorityMerge
	}
	return priorityOther
}
