package deepstore

import (
	"bytes"
	"encoding/json"
)

// Generated is the load spec of a segment that has neither rows nor files, of which a
// cluster can have any number. Druid knows no such type: its coordinator and broker pass it
// on, its historical cannot load it.
var Generated = json.RawMessage(`{"type":"generated"}`)

// IsGenerated reports whether a load spec is that of a segment without rows.
func IsGenerated(loadSpec json.RawMessage) bool { return bytes.Equal(loadSpec, Generated) }
