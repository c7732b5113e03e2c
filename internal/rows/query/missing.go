package query

import "oakmoot/internal/druid"

// ContextHeader is the HTTP header with what a data server has to say about a query
// besides its result.
const ContextHeader = "X-Druid-Response-Context"

// ResponseContext is the value of ContextHeader when the server lacks some of a query's
// segments: the broker asks other servers for them.
func ResponseContext(missing []Descriptor) (string, error) {
	if len(missing) == 0 {
		return "{}", nil
	}
	b, err := druid.Marshal(map[string][]Descriptor{"missingSegments": missing})
	return string(b), err
}
